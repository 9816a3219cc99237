//! Loop's enumerations are open: a value nobody has seen yet must survive a round trip.

/// An enum of known texts plus `Unknown(text)`. The first text of a variant is the one written;
/// the others are spellings also read. Case and surrounding blanks do not matter when reading.
macro_rules! open_enum {
    (
        $(#[$doc:meta])*
        $name:ident, $expected:literal {
            $( $(#[$variant_doc:meta])* $variant:ident = $text:literal $(| $also:literal)* ),* $(,)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$variant_doc])* $variant, )*
            /// A value this version does not know, as Loop sent it.
            Unknown(String),
        }

        impl $name {
            /// The text Loop uses.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $text, )*
                    Self::Unknown(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                let word = text.trim();
                $( if word.eq_ignore_ascii_case($text) $(|| word.eq_ignore_ascii_case($also))* {
                    return Self::$variant;
                } )*
                Self::Unknown(text.to_owned())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::value::scalar::FromScalar for $name {
            const EXPECTED: &'static str = $expected;

            fn from_scalar(scalar: $crate::value::scalar::Scalar<'_>) -> Option<Self> {
                Some(Self::from(scalar.into_text()?.as_str()))
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                $crate::value::scalar::required(d)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }
    };
}

pub(crate) use open_enum;
