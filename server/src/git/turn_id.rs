//! A turn by name.

use git2::{ObjectType, Oid};

/// A turn by its ids.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TurnId {
    pub thread: String,
    pub turn: String,
}

/// What a person wants to know of a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnAbout {
    pub id: TurnId,
    /// Of what was asked, the first line.
    pub prompt: Option<String>,
    /// Epoch milliseconds.
    pub started_at: u64,
}

impl TurnId {
    /// As part of the name of a ref.
    pub fn name(&self) -> String {
        let plain = |text: &str| {
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            !text.is_empty() && text.len() <= 64 && text.chars().all(fits)
        };
        if plain(&self.thread) && plain(&self.turn) {
            format!("{}-{}", self.thread, self.turn)
        } else {
            short(format!("{}\0{}", self.thread, self.turn).as_bytes())
        }
    }

    /// The checkpoint from before the turn.
    pub fn start(&self) -> String {
        format!("{}-start", self.name())
    }

    /// The checkpoint of what the agent had done when it was last looked at.
    pub fn end(&self) -> String {
        format!("{}-end", self.name())
    }

    /// Texts that lines of the agent went from.
    pub fn earlier(&self) -> String {
        format!("{}-earlier", self.name())
    }
}

/// A name for any bytes.
pub fn short(bytes: &[u8]) -> String {
    let name = Oid::hash_object(ObjectType::Blob, bytes);
    name.map_or_else(|_| format!("{:08x}", crc32c::crc32c(bytes)), |name| name.to_string())
}
