//! What is known of a value, and how.

/// Seen, computed, absent and unknown never look alike.
#[derive(Clone, Debug, PartialEq)]
pub enum Known<T> {
    /// A source says so.
    Seen(T),
    /// It follows from what sources say.
    Computed(T),
    /// The place was looked at and it is not there; the sentence says where.
    Absent(String),
    /// It could not be found out; the sentence says why.
    Unknown(String),
}

impl<T> Known<T> {
    pub fn absent(why: impl Into<String>) -> Self {
        Self::Absent(why.into())
    }

    pub fn unknown(why: impl Into<String>) -> Self {
        Self::Unknown(why.into())
    }

    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Seen(value) | Self::Computed(value) => Some(value),
            Self::Absent(_) | Self::Unknown(_) => None,
        }
    }

    /// Why it could not be found out.
    pub fn why_unknown(&self) -> Option<&str> {
        match self {
            Self::Unknown(why) => Some(why),
            _ => None,
        }
    }

    /// Turns the value into another.
    pub fn into<U>(self, f: impl FnOnce(T) -> U) -> Known<U> {
        match self {
            Self::Seen(value) => Known::Seen(f(value)),
            Self::Computed(value) => Known::Computed(f(value)),
            Self::Absent(why) => Known::Absent(why),
            Self::Unknown(why) => Known::Unknown(why),
        }
    }

    /// Applies `f` to the value.
    pub fn map<U>(&self, f: impl FnOnce(&T) -> U) -> Known<U> {
        self.and_then(|value| Known::Seen(f(value)))
    }

    /// Applies `f`, which may not know. What is computed from a computed value stays computed.
    pub fn and_then<U>(&self, f: impl FnOnce(&T) -> Known<U>) -> Known<U> {
        match self {
            Self::Seen(value) => f(value),
            Self::Computed(value) => match f(value) {
                Known::Seen(value) => Known::Computed(value),
                other => other,
            },
            Self::Absent(why) => Known::Absent(why.clone()),
            Self::Unknown(why) => Known::Unknown(why.clone()),
        }
    }
}
