/** How one asks a back end for the same table. */
export const QUERIES = `PromQL, cost of the last 7 days (Prometheus fed by OTLP):
  sum by (annotel_tenant_id, annotel_feature_id) (increase(annotel_cost_USD_total[7d]))

PromQL, tokens of the last 7 days:
  sum by (annotel_tenant_id, annotel_feature_id, gen_ai_token_type) (increase(gen_ai_client_token_usage_sum[7d]))

KQL, cost of the last 7 days (Azure Monitor):
  customMetrics
  | where name == 'annotel.cost' and timestamp > ago(7d)
  | summarize cost = sum(valueSum) by tenant = tostring(customDimensions['annotel.tenant.id']),
      feature = tostring(customDimensions['annotel.feature.id'])
  | order by cost desc`;
