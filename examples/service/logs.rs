//! Structured logs: one JSON object a line on standard error. Every line about a return has its
//! `return_id`, and every line about a merchant its `merchant`; nothing about a person is logged.

use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Logs until what it gives back is dropped. When nobody reads the log any more, lines are dropped
/// and the work goes on.
pub(crate) fn start(level: LevelFilter) -> WorkerGuard {
    let (writer, guard) = tracing_appender::non_blocking(std::io::stderr());
    let lines = fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_writer(writer);
    // Other crates' own chatter is of no use here.
    let ours = Targets::new()
        .with_target("service", level)
        .with_target("ams_loop_bridge", level)
        .with_target("loop_client", level);
    tracing_subscriber::registry()
        .with(lines)
        .with(ours)
        .try_init()
        .ok();
    // What a defect has to say may quote what it choked on; where it is says enough.
    std::panic::set_hook(Box::new(|defect| {
        let place = defect.location().map(ToString::to_string);
        tracing::error!(place, "a defect in the program");
    }));
    guard
}
