//! What a secret looks like. The token rules follow those of gitleaks (MIT, <https://github.com/gitleaks/gitleaks>),
//! narrowed to prefixes that say what they are: a rule that needs the words around it finds other things too.

use super::shapes::{Class, Need, Part, Shape, alphanumeric, base64, base64_url, hex, name, path};

/// One kind of secret: the words that announce it and the shape of what follows them.
pub struct Rule {
    /// Stands in the marker, so it is part of what a person reads.
    pub name: &'static str,
    /// Where one of these stands, the shape is tried.
    pub keywords: &'static [&'static str],
    /// The keyword begins the secret's name, in any case of letters; else it is taken as it is spelt.
    pub any_case: bool,
    /// Whether the keyword may stand inside a word.
    pub inside_word: bool,
    pub shape: Shape,
}

const fn run(class: Class, min: usize) -> Part {
    Part::Run { class, min }
}

/// A prefix that nothing else has.
const fn token(
    name: &'static str,
    keywords: &'static [&'static str],
    parts: &'static [Part],
) -> Rule {
    let shape = Shape::Token { parts, keeps_keyword: false, need: Need::Varied };
    Rule { name, keywords, any_case: false, inside_word: true, shape }
}

/// A prefix that also ends ordinary words, as `sk-` does `task-`.
const fn word(
    name: &'static str,
    keywords: &'static [&'static str],
    parts: &'static [Part],
    need: Need,
) -> Rule {
    let shape = Shape::Token { parts, keeps_keyword: false, need };
    Rule { name, keywords, any_case: false, inside_word: false, shape }
}

/// A place after which a secret stands.
const fn after(
    name: &'static str,
    keywords: &'static [&'static str],
    parts: &'static [Part],
    need: Need,
) -> Rule {
    let shape = Shape::Token { parts, keeps_keyword: true, need };
    Rule { name, keywords, any_case: true, inside_word: true, shape }
}

const fn announced(name: &'static str, keywords: &'static [&'static str], shape: Shape) -> Rule {
    Rule { name, keywords, any_case: true, inside_word: true, shape }
}

const DOT: Part = Part::Byte(b'.');

/// The rules, by name.
pub const RULES: &[Rule] = &[
    token("age-key", &["AGE-SECRET-KEY-1"], &[run(alphanumeric, 58)]),
    token("anthropic-key", &["sk-ant-"], &[run(base64_url, 24)]),
    token("atlassian-token", &["ATATT3"], &[run(base64_url, 100)]),
    word("aws-key-id", &["AKIA", "ASIA", "ABIA", "ACCA"], &[run(aws, 16)], Need::Varied),
    after("azure-signature", &["&sig=", "?sig="], &[run(url_encoded, 43)], Need::Digit),
    announced("authorization", &["authorization"], Shape::Authorization),
    after("bearer-token", &["bearer "], &[run(bearer, 16)], Need::Digit),
    word("crates-io-token", &["cio"], &[run(alphanumeric, 32)], Need::Mixed),
    word("databricks-token", &["dapi"], &[run(hex, 32)], Need::Varied),
    token("digitalocean-token", &["dop_v1_", "doo_v1_", "dor_v1_"], &[run(hex, 64)]),
    after("discord-webhook", &["discord.com/api/webhooks/"], &[run(path, 60)], Need::Digit),
    token("docker-token", &["dckr_pat_"], &[run(base64_url, 27)]),
    token("doppler-token", &["dp.pt."], &[run(alphanumeric, 40)]),
    token("dynatrace-token", &["dt0c01."], &[run(alphanumeric, 24), DOT, run(alphanumeric, 64)]),
    token("figma-token", &["figd_"], &[run(base64_url, 40)]),
    token("fly-token", &["fm2_", "fm1r_", "fm1a_"], &[run(base64, 100)]),
    token("github-token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], &[run(alphanumeric, 36)]),
    token("github-token", &["github_pat_"], &[run(name, 36)]),
    token(
        "gitlab-token",
        &["glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glsoat-", "glagent-", "glimt-", "glft-"],
        &[run(dotted, 20)],
    ),
    token("google-api-key", &["AIza"], &[run(base64_url, 35)]),
    token("google-oauth", &["GOCSPX-"], &[run(base64_url, 28)]),
    word("google-oauth", &["ya29."], &[run(base64_url, 20)], Need::Varied),
    token("grafana-token", &["glsa_", "glc_"], &[run(base64_padded, 32)]),
    word("groq-key", &["gsk_"], &[run(alphanumeric, 48)], Need::Mixed),
    token("heroku-key", &["HRKU-AA"], &[run(base64_url, 58)]),
    word("hugging-face-token", &["hf_", "api_org_"], &[run(alphanumeric, 34)], Need::Varied),
    word(
        "jwt",
        &["eyJ"],
        &[run(base64_url, 10), DOT, run(base64_url, 10), DOT, run(dotted, 10)],
        Need::Varied,
    ),
    token("linear-key", &["lin_api_", "lin_oauth_"], &[run(alphanumeric, 40)]),
    word("mailgun-key", &["key-"], &[run(hex, 32)], Need::Varied),
    word("new-relic-key", &["NRAK-"], &[run(alphanumeric, 27)], Need::Varied),
    word("notion-token", &["ntn_"], &[run(alphanumeric, 40)], Need::Digit),
    word("npm-token", &["npm_"], &[run(alphanumeric, 36)], Need::Mixed),
    word("onepassword-token", &["ops_eyJ"], &[run(base64, 200)], Need::Digit),
    word("openai-key", &["sk-"], &[run(base64_url, 32)], Need::Mixed),
    word("openrouter-key", &["sk-or-v1-"], &[run(hex, 64)], Need::Varied),
    announced(
        "password",
        &["password", "passwd", "passphrase", "pwd"],
        Shape::KeyValue { short: true },
    ),
    announced("password", &["--password ", "--passphrase "], Shape::Argument),
    word("perplexity-key", &["pplx-"], &[run(alphanumeric, 48)], Need::Mixed),
    token("planetscale-token", &["pscale_tkn_", "pscale_pw_", "pscale_oauth_"], &[run(dotted, 32)]),
    token("postman-key", &["PMAK-"], &[run(hex, 24), Part::Byte(b'-'), run(hex, 34)]),
    announced("private-key", &["-----begin "], Shape::PrivateKey),
    word("pulumi-token", &["pul-"], &[run(hex, 40)], Need::Varied),
    token("pypi-token", &["pypi-AgE"], &[run(base64_url, 50)]),
    word("replicate-token", &["r8_"], &[run(alphanumeric, 37)], Need::Mixed),
    token("rubygems-key", &["rubygems_"], &[run(hex, 48)]),
    announced(
        "secret",
        &[
            "secret",
            "token",
            "api_key",
            "apikey",
            "api-key",
            "access_key",
            "accesskey",
            "access-key",
            "account_key",
            "accountkey",
            "secret_key",
            "secretkey",
            "secret-key",
            "private_key",
            "privatekey",
            "private-key",
            "signing_key",
            "encryption_key",
            "auth_key",
            "client_key",
            "credential",
            "credentials",
        ],
        Shape::KeyValue { short: false },
    ),
    announced("secret", &["--token ", "--secret ", "--api-key ", "--apikey "], Shape::Argument),
    Rule {
        name: "secret",
        keywords: &["_KEY"],
        any_case: false,
        inside_word: true,
        shape: Shape::KeyValue { short: false },
    },
    word("sendgrid-key", &["SG."], &[run(base64_url, 16), DOT, run(base64_url, 32)], Need::Varied),
    token("sentry-token", &["sntrys_", "sntryu_"], &[run(base64, 64)]),
    token("shopify-token", &["shpat_", "shpca_", "shppa_", "shpss_"], &[run(hex, 32)]),
    token(
        "slack-token",
        &["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxe.xox", "xapp-"],
        &[run(dotted, 20)],
    ),
    after(
        "slack-webhook",
        &["hooks.slack.com/services/", "hooks.slack.com/workflows/"],
        &[run(path, 40)],
        Need::Digit,
    ),
    word(
        "stripe-key",
        &["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"],
        &[run(base64, 24)],
        Need::Digit,
    ),
    token("supabase-key", &["sbp_", "sb_secret_"], &[run(base64_url, 31)]),
    after("telegram-token", &[":AA"], &[run(base64_url, 33)], Need::TelegramBot),
    token("terraform-token", &[".atlasv1."], &[run(base64_url, 60)]),
    announced("url-password", &["://"], Shape::UrlPassword),
    word("vault-token", &["hvs.", "hvb.", "hvr."], &[run(base64_url, 24)], Need::Varied),
    word("xai-key", &["xai-"], &[run(alphanumeric, 60)], Need::Mixed),
];

/// The name in the marker of a value that was known beforehand.
pub const KNOWN_VALUE: &str = "known";

fn aws(byte: u8) -> bool {
    byte.is_ascii_uppercase() || matches!(byte, b'2'..=b'7')
}

fn bearer(byte: u8) -> bool {
    base64(byte) || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

fn dotted(byte: u8) -> bool {
    base64_url(byte) || byte == b'.'
}

fn base64_padded(byte: u8) -> bool {
    base64(byte) || byte == b'_'
}

fn url_encoded(byte: u8) -> bool {
    base64_url(byte) || byte == b'%'
}
