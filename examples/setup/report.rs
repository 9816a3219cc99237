//! What is printed, and what it comes to. Pure.

use std::fmt::{self, Write as _};

const WIDTH: usize = 80;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Ok,
    Missing,
    Wrong,
    Unknown,
    NotChecked,
    /// No call of Loop's API shows it: a person has to look.
    ByHand,
    /// Worth knowing, and neither good nor bad.
    Note,
}

impl State {
    fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::Wrong => "wrong",
            Self::Unknown => "unknown",
            Self::NotChecked => "not checked",
            Self::ByHand => "by hand",
            Self::Note => "note",
        }
    }

    fn is_trouble(self) -> bool {
        matches!(self, Self::Missing | Self::Wrong | Self::Unknown)
    }
}

/// One thing that was looked at.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) state: State,
    needed: bool,
    pub(crate) what: String,
    meaning: String,
    step: Option<String>,
}

impl Line {
    /// The integration cannot run without it, unless [`Line::optional`].
    pub(crate) fn new(state: State, what: impl Into<String>, meaning: impl Into<String>) -> Self {
        Self {
            state,
            needed: true,
            what: what.into(),
            meaning: meaning.into(),
            step: None,
        }
    }

    pub(crate) fn optional(mut self) -> Self {
        self.needed = false;
        self
    }

    /// What somebody has to do about it. The same text is printed once for several lines.
    pub(crate) fn step(mut self, step: impl Into<String>) -> Self {
        self.step = Some(step.into());
        self
    }

    fn fails(&self) -> bool {
        self.needed && self.state.is_trouble()
    }
}

#[derive(Debug)]
pub(crate) struct Section {
    title: String,
    pub(crate) lines: Vec<Line>,
}

impl Section {
    pub(crate) fn new(title: impl Into<String>, lines: Vec<Line>) -> Self {
        Self {
            title: title.into(),
            lines,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Report {
    sections: Vec<Section>,
}

impl Report {
    pub(crate) fn new(sections: Vec<Section>) -> Self {
        Self { sections }
    }

    pub(crate) fn push(&mut self, section: Section) {
        self.sections.push(section);
    }

    pub(crate) fn lines(&self) -> impl Iterator<Item = &Line> {
        self.sections.iter().flat_map(|section| &section.lines)
    }

    /// Whether all that is needed is there, as far as it was looked for.
    pub(crate) fn is_fine(&self) -> bool {
        !self.lines().any(Line::fails)
    }

    /// What has to be done, each thing once, and what is needed first.
    fn steps(&self) -> Vec<&str> {
        let (needed, rest): (Vec<&Line>, Vec<&Line>) = self.lines().partition(|line| line.fails());
        let mut steps: Vec<&str> = Vec::new();
        for step in needed
            .into_iter()
            .chain(rest)
            .filter_map(|it| it.step.as_deref())
        {
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
        steps
    }

    fn summary(&self) -> String {
        let counts = [
            (State::Ok, "fine"),
            (State::Missing, "missing"),
            (State::Wrong, "wrong"),
            (State::Unknown, "unknown"),
            (State::NotChecked, "not checked"),
            (State::ByHand, "to be seen to by hand"),
        ];
        let counts = counts.iter().filter_map(|(state, word)| {
            let count = self.lines().filter(|line| line.state == *state).count();
            (count > 0).then(|| format!("{count} {word}"))
        });
        let counts = counts.collect::<Vec<_>>().join(", ");
        let mut text = wrapped("  ", &format!("{counts}."));
        let verdict = match self.named(Line::fails) {
            Some(names) => format!("It cannot run yet. Needed, and not fine: {names}."),
            None => "Everything needed that was checked is fine.".to_owned(),
        };
        text.push_str(&wrapped("  ", &verdict));
        if let Some(names) = self.named(|line| line.state.is_trouble() && !line.needed) {
            text.push_str(&wrapped("  ", &format!("It runs without: {names}.")));
        }
        text
    }

    fn named(&self, which: fn(&Line) -> bool) -> Option<String> {
        let names: Vec<&str> = self
            .lines()
            .filter(|it| which(it))
            .map(|it| it.what.as_str())
            .collect();
        (!names.is_empty()).then(|| names.join("; "))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self.steps();
        for section in &self.sections {
            writeln!(f, "\n{}", wrapped("", &section.title).trim_end())?;
            for line in &section.lines {
                let mut text = format!("{}: {}", line.what, line.meaning);
                let step = line.step.as_deref();
                if let Some(at) = steps.iter().position(|it| Some(*it) == step) {
                    write!(text, " [{}]", at + 1)?;
                }
                let label = format!("  {:<11}  ", line.state.label());
                f.write_str(&wrapped(&label, &text))?;
            }
        }
        write!(f, "\nSummary\n{}", self.summary())?;
        if !steps.is_empty() {
            f.write_str("\nWhat to do next\n")?;
        }
        for (number, step) in (1..).zip(steps) {
            f.write_str(&wrapped(&format!("  [{number}] "), step))?;
        }
        Ok(())
    }
}

/// The text after `label`, in lines that fit, each under the first. Some of it comes from outside:
/// whatever could move a terminal's cursor is left out.
pub(crate) fn wrapped(label: &str, text: &str) -> String {
    let indent = label.chars().count();
    let (mut whole, mut column) = (label.to_owned(), indent);
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    for word in words.filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        if column > indent && column + 1 + length > WIDTH {
            whole.push('\n');
            whole.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > indent {
            whole.push(' ');
            column += 1;
        }
        whole.push_str(word);
        column += length;
    }
    whole.push('\n');
    whole
}
