//! The operations of the contract, and which failures each of them can have.

use super::problem::Class;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Create,
    Get,
    Amend,
    Cancel,
    Changes,
    ListOpen,
    /// Nothing of it can fail in a server.
    #[cfg(feature = "http")]
    Capabilities,
    Work,
}

impl Operation {
    /// The method that stands for it in Rust.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Create => "create_rma",
            Self::Get => "get_rma",
            Self::Amend => "amend_rma",
            Self::Cancel => "cancel_rma",
            Self::Changes => "changes",
            Self::ListOpen => "list_open",
            #[cfg(feature = "http")]
            Self::Capabilities => "capabilities",
            Self::Work => "apply",
        }
    }

    /// Whether it leaves something behind, so that an answer that got lost matters.
    #[cfg(feature = "http")]
    pub(super) fn is_write(self) -> bool {
        match self {
            Self::Create | Self::Amend | Self::Cancel | Self::Work => true,
            Self::Get | Self::Changes | Self::ListOpen | Self::Capabilities => false,
        }
    }

    /// Whether the contract knows this failure of this operation. Any other is a mistake of
    /// whoever answers it, and nothing may be concluded from it.
    pub(super) fn may_fail_with(self, class: Class) -> bool {
        match class {
            Class::Transient
            | Class::Ambiguous
            | Class::Auth
            | Class::Rejected
            | Class::Unsupported
            | Class::Malformed => true,
            Class::NotFound => {
                matches!(self, Self::Get | Self::Amend | Self::Cancel | Self::Work)
            }
            Class::TooLate => matches!(self, Self::Amend | Self::Cancel | Self::Work),
            Class::Conflict => self == Self::Create,
            Class::Partial => matches!(self, Self::Create | Self::Amend),
            Class::CursorLost => self == Self::Changes,
        }
    }
}
