import { type Masker, masker } from './boundary.js';

/*
 * Credentials that tell by their form what they are. Sources: the vendors' documentation, and which vendors the rules of
 * gitleaks and GitHub's secret scanning know. Lengths are lower bounds where vendors have changed them.
 */

/** Models and what is built around them. */
const MODELS = [
  String.raw`sk-ant-[\w-]{16,}`,
  String.raw`sk-or-v\d-[0-9a-f]{32,}`,
  'sk-lf-[0-9a-f-]{32,}',
  // OpenAI and those that took its form over; random, so words joined by hyphens are none.
  String.raw`sk-(?=[\w-]{0,99}\d)(?=[\w-]{0,99}[A-Z]|[0-9a-z]{24})[\w-]{20,}`,
  'sess-[A-Za-z0-9]{40}',
  'AIza[0-9A-Za-z_-]{30,}',
  'hf_[A-Za-z0-9]{30,}',
  'api_org_[A-Za-z0-9]{30,}',
  'gsk_[A-Za-z0-9]{40,}',
  'xai-[A-Za-z0-9]{40,}',
  'r8_[A-Za-z0-9]{30,}',
  'pplx-[A-Za-z0-9]{40,}',
  'csk-[a-z0-9]{40,}',
  String.raw`nvapi-[\w-]{40,}`,
  'fw_[A-Za-z0-9]{20,}',
  String.raw`tgp_v1_[\w-]{40,}`,
  'tvly-(?:(?:dev|prod)-)?[A-Za-z0-9-]{20,}',
  'fc-[0-9a-f]{32}',
  'e2b_[0-9a-f]{40}',
  String.raw`pcsk_\w{40,}`,
  String.raw`pa-[\w-]{43}`,
  'lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}',
  'ls__[0-9a-f]{32}',
];

const CLOUDS = [
  '(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])',
  String.raw`ya29\.[\w.-]{20,}`,
  String.raw`GOCSPX-[\w-]{24,}`,
  String.raw`1//0[\w-]{40,}`,
  String.raw`[\w~.]{3}\dQ~[\w~.-]{31,34}`,
  'LTAI[A-Za-z0-9]{16,24}(?![A-Za-z0-9])',
  'dapi[0-9a-f]{32}',
  'do[opr]_v1_[0-9a-f]{64}',
  'v1\\.0-[0-9a-f]{24}-[0-9a-f]{100,}',
  String.raw`HRKU-[\w-]{36,}`,
  String.raw`fm[12]_[\w+/=]{40,}`,
  'sbp_[0-9a-f]{40}',
  String.raw`sb_secret_[\w-]{20,}`,
  String.raw`pscale_(?:tkn|pw|oauth)_[\w.=-]{32,}`,
  String.raw`hv[sbr]\.[\w-]{24,}`,
  String.raw`[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,}`,
  String.raw`dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9]{40,}`,
  'pul-[0-9a-f]{40}',
  String.raw`dckr_[po]at_[\w-]{27,}`,
];

const CODE = [
  'gh[pousr]_[A-Za-z0-9]{30,}',
  String.raw`github_pat_\w{30,}`,
  String.raw`gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct)-[\w-]{20,}(?:\.\w{2,}){0,2}`,
  'npm_[A-Za-z0-9]{36}',
  String.raw`pypi-[\w-]{50,}`,
  'rubygems_[0-9a-f]{48}',
  'cio[A-Za-z0-9]{32}(?![A-Za-z0-9])',
  String.raw`AT(?:ATT|CTT|BB|OA)[A-Za-z0-9][\w=-]{23,}`,
  'bkua_[0-9a-f]{40}',
  String.raw`CCIPAT_\w{20,}`,
  String.raw`sgp_\w{40,}`,
  'lin_api_[A-Za-z0-9]{40}',
  'secret_[A-Za-z0-9]{43}',
  'ntn_[A-Za-z0-9]{40,}',
  String.raw`figd_[\w-]{40,}`,
  'PMAK-[0-9a-f]{24}-[0-9a-f]{34}',
  'glsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}',
  'glc_eyJ[A-Za-z0-9+/=]{30,}',
  'NRAK-[A-Z0-9]{27}',
  'sntryu_[0-9a-f]{64}',
  String.raw`sntrys_eyJ[\w+/=]{30,}`,
  'ph[cx]_[A-Za-z0-9]{40,}',
  'pat[A-Za-z0-9]{14}\\.[0-9a-f]{64}',
  'AGE-SECRET-KEY-1[A-Z0-9]{58}',
  'ops_eyJ[A-Za-z0-9+/=]{60,}',
  'A3-[A-Z0-9]{6}-[A-Z0-9]{6}-?[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}',
];

const BUSINESS = [
  '[sr]k_(?:live|test)_[A-Za-z0-9]{16,}',
  'whsec_[A-Za-z0-9+/=]{24,}',
  'xox[abeoprs](?:\\.xox[bp])?-[A-Za-z0-9-]{10,}',
  'xapp-\\d-[A-Za-z0-9-]{20,}',
  '(?:SK|AC)[0-9a-f]{32}(?![A-Za-z0-9])',
  String.raw`SG\.[\w-]{16,}\.[\w-]{16,}`,
  'key-[0-9a-f]{32}',
  '[0-9a-f]{32}-us\\d{1,2}(?!\\d)',
  'xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}',
  String.raw`re_(?=\w{0,40}\d)(?=\w{0,40}[A-Z])\w{20,}`,
  'shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}',
  String.raw`sq0(?:atp|csp|idp)-[\w-]{22,}`,
  'access-(?:production|development|sandbox)-[0-9a-f-]{36}',
  'EAA[A-Za-z0-9]{80,}',
  String.raw`CFPAT-[\w-]{43}`,
  String.raw`\d{8,10}:AA[\w-]{33}`,
  String.raw`[MNO][A-Za-z0-9_-]{23,27}\.[\w-]{6,7}\.[\w-]{27,}`,
  String.raw`sl\.[\w-]{60,}`,
];

const TOKENS = new RegExp(`(?<![A-Za-z0-9])(?:${[...MODELS, ...CLOUDS, ...CODE, ...BUSINESS].join('|')})`, 'g');

/** Addresses whose path is the credential. The host stays, so that a reader sees what was there. */
const WEBHOOKS =
  /(?<=hooks\.slack\.com\/(?:services|workflows|triggers)\/|discord(?:app)?\.com\/api\/webhooks\/|webhook\.office\.com\/)[\w/@-]{20,}/g;

/** API keys and tokens of the well-known vendors. */
export const vendorTokens: Masker = masker(TOKENS, '[SECRET]');

const maskWebhooks = masker(WEBHOOKS, '[SECRET]');
/** The pattern looks back at each character, which most texts need not suffer. */
export const webhooks: Masker = (text, counter) => (text.includes('.com/') ? maskWebhooks(text, counter) : text);

/** JSON Web Tokens: signed, unsigned, encrypted. */
export const webTokens: Masker = masker(/(?<![A-Za-z0-9])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*){0,3}/g, '[JWT]');
