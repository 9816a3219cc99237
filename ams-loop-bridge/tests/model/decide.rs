//! `ams_loop_bridge::decide`, as far as process and flag go. `conforms.rs` compares the two.

use crate::state::{Goods, LoopState, Record};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Decision {
    Process,
    Flag,
    /// Nothing is owed, or a person has to look: the return is settled.
    Settle,
    Wait,
}

/// What a look has read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evidence {
    pub(crate) record: Record,
    pub(crate) flagged: bool,
    pub(crate) overdue: bool,
    pub(crate) loop_state: LoopState,
    pub(crate) goods: Goods,
}

pub(crate) fn decide(seen: &Evidence) -> Decision {
    match seen.record {
        Record::NotSent => before_process(seen),
        _ if seen.loop_state == LoopState::Closed || seen.flagged => Decision::Settle,
        Record::Refused => Decision::Settle,
        Record::Failed => flag_or_escalate(seen.loop_state),
        Record::Unknown | Record::Accepted if seen.loop_state == LoopState::Review => {
            Decision::Settle
        }
        Record::Unknown | Record::Accepted if seen.overdue => flag_or_escalate(seen.loop_state),
        Record::Unknown | Record::Accepted => Decision::Wait,
    }
}

fn before_process(seen: &Evidence) -> Decision {
    if seen.loop_state != LoopState::Open || seen.flagged {
        return Decision::Settle;
    }
    match seen.goods {
        Goods::Good => Decision::Process,
        Goods::Bad | Goods::KnownBad => Decision::Flag,
    }
}

fn flag_or_escalate(state: LoopState) -> Decision {
    match state {
        LoopState::Open => Decision::Flag,
        LoopState::Review | LoopState::Closed => Decision::Settle,
    }
}
