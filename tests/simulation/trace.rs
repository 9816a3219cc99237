//! What happened, as a running hash, and in words only when somebody is going to read them:
//! a run can always be repeated.

use std::collections::VecDeque;

/// Lines that are kept, and lines that are shown.
const KEPT: usize = 20_000;
const SHOWN: usize = 200;

#[derive(Debug)]
pub(crate) struct Trace {
    hash: u64,
    words: Option<VecDeque<(u64, String)>>,
}

impl Trace {
    pub(crate) fn new(in_words: bool) -> Self {
        Self {
            hash: 0xCBF2_9CE4_8422_2325,
            words: in_words.then(VecDeque::new),
        }
    }

    pub(crate) fn note(&mut self, now: i64, what: &str, id: u64, more: impl FnOnce() -> String) {
        self.add(now.cast_unsigned());
        self.add(id);
        self.add_text(what);
        if self.words.is_none() {
            return;
        }
        let more = more();
        self.add_text(&more);
        if let Some(words) = &mut self.words {
            if words.len() == KEPT {
                words.pop_front();
            }
            let (day, second) = (now / 86_400, now % 86_400);
            let line = format!("day {day} {second:>5} s  {what:<18} {id:>5}  {more}");
            words.push_back((id, line));
        }
    }

    fn add_text(&mut self, text: &str) {
        for piece in text.as_bytes().chunks(8) {
            let word = piece
                .iter()
                .fold(0, |word, byte| (word << 8) | u64::from(*byte));
            self.add(word);
        }
    }

    fn add(&mut self, word: u64) {
        self.hash = (self.hash ^ word)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(29);
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    /// The last that happened, of one return if it is about one.
    pub(crate) fn tail(&self, id: Option<u64>) -> Vec<String> {
        let about = |of: u64| id.is_none_or(|id| id == of);
        let lines = self.words.iter().flatten().rev();
        let mut lines: Vec<String> = lines
            .filter(|(of, _)| about(*of))
            .take(SHOWN)
            .map(|(_, line)| line.clone())
            .collect();
        lines.reverse();
        lines
    }
}
