//! Cuts the elements out of a JSON array while its bytes arrive, in memory that does not grow
//! with the array. It finds where an element ends and leaves what is in it to the decoder.

use bytes::{Buf as _, Bytes};

/// A row larger than this is not kept.
pub(super) const LARGEST_ROW: usize = 1 << 20;
/// So much more of it is passed over in search of its end.
const LARGEST_REST: usize = 8 << 20;

/// Why there is nothing more to cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// The text is not an array.
    NotAList,
    /// The text ended before the array did.
    Truncated,
    /// The end of one element cannot be found within the bound.
    TooLarge { limit: usize },
}

#[derive(Debug, Default)]
pub(super) struct Splitter {
    place: Place,
    element: Vec<u8>,
    /// Bytes of the element that were passed over, because it is too large to keep.
    passed_over: usize,
    /// An element has to follow: a comma came before it.
    awaited: bool,
    depth: usize,
    in_text: bool,
    escaped: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    #[default]
    Before,
    Inside,
    After,
}

/// One element of the array.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Element {
    Whole(Vec<u8>),
    /// Too large to keep.
    TooLarge,
}

impl Splitter {
    /// Takes from `bytes` what belongs to the next element, and gives that when they complete it.
    /// After an error they are as they were.
    pub(super) fn next(&mut self, bytes: &mut Bytes) -> Result<Option<Element>, Broken> {
        for (at, byte) in bytes.iter().enumerate() {
            let element = match self.place {
                Place::Before => match byte {
                    b'[' => {
                        self.place = Place::Inside;
                        None
                    }
                    blank if is_blank(blank) => None,
                    _ => return Err(Broken::NotAList),
                },
                Place::Inside => self.element_byte(*byte)?,
                Place::After if is_blank(byte) => None,
                Place::After => return Err(Broken::NotAList),
            };
            if element.is_some() {
                bytes.advance(at + 1);
                return Ok(element);
            }
        }
        bytes.clear();
        Ok(None)
    }

    /// Takes from `bytes` an element that was read elsewhere and found to end at `end`. False, and
    /// nothing is taken, when that cannot be seen to be its end, or it may be too large.
    pub(super) fn pass_over(&mut self, bytes: &mut Bytes, end: usize) -> bool {
        let after = bytes.get(end..).unwrap_or_default();
        let blanks = after.iter().take_while(|byte| is_blank(byte)).count();
        let delimiter = after.get(blanks).copied();
        let Some(delimiter @ (b',' | b']')) = delimiter.filter(|_| end + blanks <= LARGEST_ROW)
        else {
            return false;
        };
        self.end_element(delimiter);
        bytes.advance(end + blanks + 1);
        true
    }

    /// Whether the array has begun.
    pub(super) fn has_begun(&self) -> bool {
        self.place != Place::Before
    }

    /// Whether what follows is an element from its beginning.
    pub(super) fn is_between_elements(&self) -> bool {
        self.place == Place::Inside && self.element.is_empty()
    }

    /// The text has ended.
    pub(super) fn finish(&self) -> Result<(), Broken> {
        if self.place == Place::After {
            Ok(())
        } else {
            Err(Broken::Truncated)
        }
    }

    fn element_byte(&mut self, byte: u8) -> Result<Option<Element>, Broken> {
        if self.in_text {
            self.in_text = self.escaped || byte != b'"';
            self.escaped = !self.escaped && byte == b'\\';
            return self.keep(byte).map(|()| None);
        }
        match byte {
            b',' | b']' if self.depth == 0 => {
                // `[]` has no element; a stray comma leaves a blank one, which the decoder will
                // refuse.
                let is_one = byte == b',' || self.awaited || !self.element.is_empty();
                let is_whole = self.passed_over == 0;
                let element = self.end_element(byte);
                return Ok(is_one.then_some(if is_whole {
                    Element::Whole(element)
                } else {
                    Element::TooLarge
                }));
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            b'"' => self.in_text = true,
            blank if self.element.is_empty() && is_blank(&blank) => return Ok(None),
            _ => {}
        }
        self.keep(byte).map(|()| None)
    }

    /// Ends an element at the byte after it, and gives what was kept of it.
    fn end_element(&mut self, delimiter: u8) -> Vec<u8> {
        self.passed_over = 0;
        self.awaited = delimiter == b',';
        if delimiter == b']' {
            self.place = Place::After;
        }
        std::mem::take(&mut self.element)
    }

    fn keep(&mut self, byte: u8) -> Result<(), Broken> {
        if self.element.len() < LARGEST_ROW {
            self.element.push(byte);
            return Ok(());
        }
        self.passed_over += 1;
        if self.passed_over > LARGEST_REST {
            return Err(Broken::TooLarge {
                limit: LARGEST_ROW + LARGEST_REST,
            });
        }
        Ok(())
    }
}

/// The blanks of JSON, which are not quite those of ASCII.
fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn elements(splitter: &mut Splitter, piece: &[u8]) -> Result<Vec<Element>, Broken> {
        let mut bytes = Bytes::copy_from_slice(piece);
        std::iter::from_fn(|| splitter.next(&mut bytes).transpose()).collect()
    }

    fn value_of(element: Element) -> Value {
        match element {
            Element::Whole(bytes) => serde_json::from_slice(&bytes).unwrap_or(Value::Null),
            Element::TooLarge => "too large".into(),
        }
    }

    fn split(text: &str, cuts: &[usize]) -> Result<Vec<Value>, Broken> {
        let mut splitter = Splitter::default();
        let mut rows = Vec::new();
        let mut rest = text.as_bytes();
        for cut in cuts {
            let (piece, after) = rest.split_at(cut % (rest.len() + 1));
            rows.extend(elements(&mut splitter, piece)?.into_iter().map(value_of));
            rest = after;
        }
        rows.extend(elements(&mut splitter, rest)?.into_iter().map(value_of));
        splitter.finish().map(|()| rows)
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[\\PC\"\\\\\\[\\]{},: ]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-z\"\\\\]{0,4}", inner, 0..4)
                    .prop_map(Value::from_iter),
            ]
        })
    }

    proptest! {
        /// However the bytes are cut, the rows are those of the whole.
        #[test]
        fn the_same_rows_however_the_bytes_are_cut(
            rows in prop::collection::vec(json(), 0..6),
            pretty: bool,
            cuts in prop::collection::vec(any::<usize>(), 0..12),
        ) {
            let value = Value::from(rows.clone());
            let text = if pretty { format!("{value:#}") } else { value.to_string() };
            prop_assert_eq!(split(&text, &cuts), Ok(rows));
        }

        /// A report that breaks off is never taken for a whole one.
        #[test]
        fn a_part_is_never_taken_for_the_whole(
            rows in prop::collection::vec(json(), 0..6),
            keep: prop::sample::Index,
        ) {
            let text = Value::from(rows).to_string();
            let mut end = keep.index(text.len());
            while !text.is_char_boundary(end) { end -= 1; }
            prop_assert_eq!(split(text.get(..end).expect("a boundary"), &[]).err(), Some(Broken::Truncated));
        }
    }

    /// A blank element is none that a decoder takes.
    #[test]
    fn a_comma_with_nothing_beside_it_does_not_go_unnoticed() {
        for (text, expected) in [
            ("[]", &[][..]),
            ("[ \n]", &[]),
            ("[1 , 2]", &["1", "2"]),
            ("[1,]", &["1", ""]),
            ("[1, ]", &["1", ""]),
            ("[,1]", &["", "1"]),
            ("[1,,2]", &["1", "", "2"]),
            ("[,]", &["", ""]),
            ("[\u{c}]", &["\u{c}"]),
        ] {
            let mut splitter = Splitter::default();
            let found = elements(&mut splitter, text.as_bytes()).expect(text);
            let found: Vec<String> = found
                .into_iter()
                .map(|element| match element {
                    Element::Whole(bytes) => String::from_utf8(bytes).expect("text"),
                    Element::TooLarge => panic!("{text}"),
                })
                .map(|text| text.trim_matches([' ', '\n']).to_owned())
                .collect();
            assert_eq!(splitter.finish(), Ok(()), "{text}");
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_list_is_refused() {
        for text in ["{}", "false", "<html>", "[] []", "[1]x", "[1],", "[1]\u{c}"] {
            assert_eq!(split(text, &[]), Err(Broken::NotAList), "{text}");
        }
    }

    #[test]
    fn an_element_that_is_too_large_is_passed_over() {
        let blank = " ".repeat(LARGEST_ROW + 1);
        let largest = format!("\"{}\"", "x".repeat(LARGEST_ROW - 2));
        let larger = format!("[\"{},]\\\"\"]", "x".repeat(LARGEST_ROW));
        let text = format!("[1,{larger},{blank}2,{larger},{largest}]");
        for cuts in [&[][..], &[LARGEST_ROW, LARGEST_ROW], &[5, LARGEST_ROW + 7]] {
            let mut rows = split(&text, cuts).expect("a list");
            let last = rows.pop();
            assert_eq!(
                last.and_then(|it| Some(it.as_str()?.len())),
                Some(LARGEST_ROW - 2)
            );
            let too_large = Value::from("too large");
            assert_eq!(rows, [1.into(), too_large.clone(), 2.into(), too_large]);
        }
        assert_eq!(split(&format!("[{larger}"), &[]), Err(Broken::Truncated));
    }

    #[test]
    fn an_element_without_end_is_not_read_for_ever() {
        let mut splitter = Splitter::default();
        let piece = vec![b'x'; LARGEST_ROW];
        let begun = elements(&mut splitter, b"[\"");
        let mut pieces = (0..20).map(|_| elements(&mut splitter, &piece));
        assert_eq!(begun, Ok(vec![]));
        assert!(pieces.any(|fed| matches!(fed, Err(Broken::TooLarge { .. }))));
    }
}
