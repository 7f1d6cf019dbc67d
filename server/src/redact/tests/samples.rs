//! A secret for every rule, made by its shape.

use super::super::{
    rules::RULES,
    shapes::{Class, Need, Part, Shape, base64},
};

/// Numbers that are the same in every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    pub fn of(&mut self, bytes: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(bytes[self.below(bytes.len())])).collect()
    }
}

pub struct Sample {
    pub rule: &'static str,
    /// Where it stands.
    pub text: String,
    pub secret: String,
}

pub fn samples(dice: &mut Dice) -> Vec<Sample> {
    let mut samples = Vec::new();
    for rule in RULES {
        for keyword in rule.keywords {
            for (text, secret) in sample(dice, keyword, &rule.shape) {
                samples.push(Sample { rule: rule.name, text, secret });
            }
        }
    }
    samples
}

fn sample(dice: &mut Dice, keyword: &str, shape: &Shape) -> Vec<(String, String)> {
    let word =
        |dice: &mut Dice, length| format!("a1B{}", dice.of(b"abcdefgh01234567ABCDEFGH", length));
    match shape {
        Shape::Token { parts, keeps_keyword, need } => {
            let secret: String = parts.iter().map(|part| run(dice, part, *need)).collect();
            match (keeps_keyword, need) {
                (true, Need::TelegramBot) => vec![(format!("123456789{keyword}{secret}"), secret)],
                (true, _) => vec![(format!("{keyword}{secret}"), secret)],
                (false, _) => {
                    let secret = format!("{keyword}{secret}");
                    vec![(format!("x={secret}"), secret.clone()), (secret.clone(), secret)]
                }
            }
        }
        Shape::KeyValue { .. } => {
            let texts = |value: &str| {
                vec![
                    format!("{keyword}={value}"),
                    format!("MY_{keyword}='{value}'"),
                    format!("\"{keyword}\": \"{value}\""),
                    format!("\\\"{keyword}\\\":\\\"{value}\\\""),
                    format!("{keyword} => \"{value}\""),
                    format!("{keyword}: {value}"),
                    format!("?x=1&{keyword}={value}&y=2"),
                ]
            };
            let value = word(dice, 20);
            texts(&value).into_iter().map(|text| (text, value.clone())).collect()
        }
        Shape::Argument => {
            let value = word(dice, 9);
            vec![
                (format!("{keyword}{value}"), value.clone()),
                (format!("{keyword}'{value}'"), value),
            ]
        }
        Shape::Authorization => {
            let value = word(dice, 24);
            let texts =
                ["Authorization: Basic ", "authorization: ApiKey ", "\"Authorization\":\"Token "];
            texts.map(|text| (format!("{text}{value}"), value.clone())).into()
        }
        Shape::PrivateKey => ["PRIVATE", "OPENSSH PRIVATE", "RSA PRIVATE", "ENCRYPTED PRIVATE"]
            .into_iter()
            .flat_map(|kind| {
                ["\n", "\\n"].map(|line| {
                    let lines: Vec<String> =
                        (0..20).map(|_| dice.of(&alphabet(base64), 64)).collect();
                    let body = lines.join(line);
                    let keyword = keyword.to_uppercase();
                    let key = format!(
                        "{keyword}{kind} KEY-----{line}{body}{line}-----END {kind} KEY-----"
                    );
                    (key.clone(), key)
                })
            })
            .collect(),
        Shape::UrlPassword => {
            let value = word(dice, 9);
            vec![(format!("postgres://ada:{value}@db.example.com/x"), value)]
        }
    }
}

fn alphabet(class: Class) -> Vec<u8> {
    (0..=255).filter(|byte| class(*byte)).collect()
}

fn run(dice: &mut Dice, part: &Part, need: Need) -> String {
    match part {
        Part::Byte(byte) => char::from(*byte).into(),
        Part::Run { class, min } => {
            // The alphabet without its punctuation at the front: where that is `-`, some text is another rule's.
            let alphabet = alphabet(*class);
            let letters: Vec<u8> =
                alphabet.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
            let begin = if matches!(need, Need::Mixed | Need::Digit) { "a1B" } else { "" };
            let random = dice.of(&letters, *min);
            format!("{begin}{random}")
        }
    }
}
