//! JSON text that is passed on as it came.

use bytes::Bytes;
use serde::{Serialize, Serializer, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::members::Members;

/// One JSON value as text, shared without copying. What the app-server sent leaves byte for byte.
#[derive(Clone, PartialEq, Eq)]
pub struct Raw(Bytes);

impl Raw {
    /// Takes text that is known to be one JSON value: a slice that `serde_json` has just delimited.
    pub fn from_checked(text: Bytes) -> Self {
        debug_assert!(serde_json::from_slice::<&RawValue>(&text).is_ok());
        Self(text)
    }

    /// Serialises `value`. A value of ours that does not serialise is a defect, told as `null`.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Self {
        serde_json::to_vec(value).map_or_else(|_| Self::null(), |text| Self(text.into()))
    }

    /// An object of these members, whose keys need no escapes.
    pub fn object(members: &[(&str, &Self)]) -> Self {
        let length = members.iter().map(|(key, value)| key.len() + value.len() + 4).sum::<usize>();
        let mut text = Vec::with_capacity(length + 2);
        for (key, value) in members {
            text.push(if text.is_empty() { b'{' } else { b',' });
            text.push(b'"');
            text.extend_from_slice(key.as_bytes());
            text.extend_from_slice(b"\":");
            text.extend_from_slice(&value.0);
        }
        text.extend_from_slice(if text.is_empty() { b"{}" } else { b"}" });
        Self::from_checked(text.into())
    }

    /// Takes text that was written from a value of this kind, such as a row of the store.
    pub fn from_text(text: String) -> Self {
        Self(text.into_bytes().into())
    }

    pub const fn null() -> Self {
        Self(Bytes::from_static(b"null"))
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("null")
    }

    pub fn bytes(&self) -> Bytes {
        self.0.clone()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads the value into `T`, which may borrow from it.
    pub fn view<'a, T: serde::Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.0)
    }

    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.0)
    }

    /// The value of an object's member, found without parsing what stands before it. A key spelt with escapes is
    /// not found.
    pub fn member(&self, key: &str) -> Option<&[u8]> {
        let member = Members::of(&self.0).find(|member| member.key == key.as_bytes())?;
        Some(&self.0[member.value?])
    }

    /// A copy that does not keep the read buffer it came from alive: for what is held for long.
    #[must_use]
    pub fn detached(&self) -> Self {
        Self(Bytes::copy_from_slice(&self.0))
    }
}

impl From<&RawValue> for Raw {
    fn from(value: &RawValue) -> Self {
        Self(Bytes::copy_from_slice(value.get().as_bytes()))
    }
}

impl std::fmt::Debug for Raw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::from_slice::<&RawValue>(&self.0)
            .map_err(serde::ser::Error::custom)?
            .serialize(serializer)
    }
}

#[cfg(test)]
impl ts_rs::TS for Raw {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;
    fn name(_: &ts_rs::Config) -> String {
        "unknown".into()
    }
    fn inline(_: &ts_rs::Config) -> String {
        "unknown".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_that_of_the_outermost_level() {
        let note = Raw::of(&serde_json::json!({
            "item": { "threadId": "inner", "text": "\"threadId\":\"told\"" },
            "threadId": "outer",
            "turnId": null,
        }));
        assert_eq!(
            ["threadId", "turnId", "itemId"].map(|key| note.member(key)),
            [Some(&br#""outer""#[..]), Some(b"null"), None]
        );
        assert_eq!(Raw::null().member("threadId"), None);
    }
}
