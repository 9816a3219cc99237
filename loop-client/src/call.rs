//! What each endpoint is, apart from how it is called: its name, and whether it may be repeated.

use std::fmt;

/// An endpoint of Loop's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Call {
    /// `GET /warehouse/return/list`
    ListReturns,
    /// `GET /warehouse/return/details`
    ReturnDetails,
    /// `GET /warehouse/reporting/asn`
    AsnReport,
    /// `POST /warehouse/return/{id}/process`
    Process,
    /// `POST /warehouse/return/{id}/flag`
    Flag,
    /// `GET /warehouse/return/{id}/notes`
    ListNotes,
    /// `POST /warehouse/return/{id}/note`
    CreateNote,
    /// `GET /webhooks`
    ListWebhooks,
    /// `POST /webhooks`
    CreateWebhook,
}

impl Call {
    /// A short name for logs and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ListReturns => "list_returns",
            Self::ReturnDetails => "return_details",
            Self::AsnReport => "asn_report",
            Self::Process => "process",
            Self::Flag => "flag",
            Self::ListNotes => "list_notes",
            Self::CreateNote => "create_note",
            Self::ListWebhooks => "list_webhooks",
            Self::CreateWebhook => "create_webhook",
        }
    }

    /// Whether sending it twice does no more than sending it once.
    ///
    /// The client repeats such a call by itself. Any other is repeated only when it is certain
    /// that the first attempt had no effect.
    #[must_use]
    pub fn is_safe_to_repeat(self) -> bool {
        match self {
            Self::ListReturns
            | Self::ReturnDetails
            | Self::AsnReport
            | Self::ListNotes
            | Self::ListWebhooks => true,
            Self::Process | Self::Flag | Self::CreateNote | Self::CreateWebhook => false,
        }
    }

    /// Long pulls may use only a part of the call budget, so that a backfill never keeps a
    /// refund waiting.
    pub(crate) fn is_background(self) -> bool {
        matches!(self, Self::ListReturns | Self::AsnReport)
    }

    /// Largest answer that is read, in bytes; nothing for a report, which is read as a stream.
    pub(crate) fn answer_limit(self) -> usize {
        match self {
            // 750 rows of sixty lines.
            Self::ListReturns => 64 << 20,
            Self::ReturnDetails
            | Self::AsnReport
            | Self::ListNotes
            | Self::ListWebhooks
            | Self::CreateWebhook => 4 << 20,
            Self::Process | Self::Flag | Self::CreateNote => 64 << 10,
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
