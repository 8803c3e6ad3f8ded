const VARIABLE = 'APPLICATIONINSIGHTS_CONNECTION_STRING';
const GLOBAL_ENDPOINT = 'https://dc.services.visualstudio.com';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Checks a connection string of Application Insights and tells where it leads to. The exporter's own check tells only
 * `diag`, and takes `http:` for `https:`.
 *
 * @returns origin of the ingestion endpoint, such as `https://westeurope-5.in.applicationinsights.azure.com`
 * @throws Error with a sentence that says what is wrong with it, and never holds its key
 */
export function ingestionEndpoint(text: string): string {
  const fields = new Map<string, string>();
  for (const part of text.split(';').filter((part) => part.trim() !== '')) {
    const [key = '', value, ...more] = part.split('=');
    if (value === undefined || more.length > 0 || key.trim() === '') {
      throw new Error(`${VARIABLE} is no list of Key=Value pairs separated by semicolons`);
    }
    fields.set(key.trim().toLowerCase(), value.trim());
  }
  const key = fields.get('instrumentationkey');
  if (key === undefined || key === '') throw new Error(`${VARIABLE} holds no InstrumentationKey`);
  if (!UUID.test(key)) throw new Error(`the InstrumentationKey in ${VARIABLE} is no UUID in lower case`);
  return endpointOf(fields);
}

/** The string as the exporter understands it: it refuses a trailing semicolon and does not trim. */
export function normalized(text: string): string {
  return text
    .split(';')
    .map((part) =>
      part
        .split('=')
        .map((side) => side.trim())
        .join('='),
    )
    .filter((part) => part !== '')
    .join(';');
}

function endpointOf(fields: ReadonlyMap<string, string>): string {
  const explicit = fields.get('ingestionendpoint');
  const suffix = fields.get('endpointsuffix');
  const location = fields.get('location');
  const implied = suffix ? `https://${location ? `${location}.` : ''}dc.${suffix}` : GLOBAL_ENDPOINT;
  const url = explicit || implied;
  if (!URL.canParse(url)) throw new Error(`the endpoint in ${VARIABLE} is no URL`);
  const { protocol, origin } = new URL(url);
  if (protocol !== 'https:') throw new Error(`the endpoint in ${VARIABLE} does not begin with https://`);
  return origin;
}
