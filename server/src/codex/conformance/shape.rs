//! What a view says of the JSON it reads.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::codex::views::Text;

/// The JSON that a view's field takes.
pub enum Shape {
    Text,
    Integer,
    Boolean,
    /// Kept raw: anything, but there.
    Any,
    Optional(Box<Shape>),
    List(Box<Shape>),
    Map(Box<Shape>),
    View {
        /// The definitions it reads, each of which must have every field.
        schemas: &'static [&'static str],
        fields: Vec<Field>,
    },
}

/// One field of a view.
pub struct Field {
    pub json: &'static str,
    pub shape: Shape,
}

/// A type that a view can be made of.
pub trait Shaped {
    fn shape() -> Shape;
}

impl Shaped for Text<'_> {
    fn shape() -> Shape {
        Shape::Text
    }
}

impl Shaped for i64 {
    fn shape() -> Shape {
        Shape::Integer
    }
}

impl Shaped for u32 {
    fn shape() -> Shape {
        Shape::Integer
    }
}

impl Shaped for bool {
    fn shape() -> Shape {
        Shape::Boolean
    }
}

impl Shaped for &RawValue {
    fn shape() -> Shape {
        Shape::Any
    }
}

impl<T: Shaped> Shaped for Option<T> {
    fn shape() -> Shape {
        Shape::Optional(Box::new(T::shape()))
    }
}

impl<T: Shaped> Shaped for Vec<T> {
    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()))
    }
}

impl<T: Shaped> Shaped for BTreeMap<String, T> {
    fn shape() -> Shape {
        Shape::Map(Box::new(T::shape()))
    }
}
