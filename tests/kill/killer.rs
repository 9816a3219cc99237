//! Who dies when: at random moments, and at those that matter most, right around a call that
//! changes something.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::book::Book;
use crate::crew::Crew;
use crate::history::{Call, Deed, Moment};
use crate::rng::Rng;

pub(crate) struct Killer {
    /// Whether it kills nobody but who sends a process request.
    at_money_only: bool,
    book: Arc<Book>,
    rng: Mutex<Rng>,
    aim: Mutex<Option<Aim>>,
}

/// The next call of this kind costs its sender its life.
#[derive(Debug, Clone, Copy)]
struct Aim {
    at: Target,
    moment: Moment,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Deed(Deed),
    /// The look at goods that are all there and in good order: an intent to process follows.
    BeforeProcess,
}

impl Killer {
    pub(crate) fn new(seed: u64, at_money_only: bool, book: Arc<Book>) -> Self {
        Self {
            at_money_only,
            book,
            rng: Mutex::new(Rng::new(seed)),
            aim: Mutex::new(None),
        }
    }

    /// Kills at least so many, at some pace.
    pub(crate) async fn storm(&self, crew: &Arc<Crew>, kills: usize) {
        // How often it was waited in vain for the call that was aimed at.
        let mut waited = 0;
        while crew.kills() < kills {
            tokio::time::sleep(Duration::from_millis(self.below(120))).await;
            let waits = self.aim().is_some() && (self.at_money_only || waited < 5);
            waited = if waits { waited + 1 } else { 0 };
            if waits {
                continue;
            }
            if self.aim().is_none() && (self.at_money_only || self.below(3) > 0) {
                let aim = self.draw();
                self.set_aim(Some(aim));
                continue;
            }
            self.set_aim(None);
            let (crew, place) = (Arc::clone(crew), self.below(crew.size() as u64));
            let newborn = self.below(8) == 0;
            let killing = move || {
                let place = usize::try_from(place).unwrap();
                crew.kill_at(place, Moment::Random);
                if newborn {
                    crew.kill_at(place, Moment::Newborn);
                }
                crew.muster();
            };
            tokio::task::spawn_blocking(killing).await.unwrap();
        }
        self.set_aim(None);
    }

    /// Whether this call's sender is to die, and when.
    pub(crate) fn aims_at(&self, call: Call) -> Option<Moment> {
        let mut aim = self.aim.lock().unwrap_or_else(PoisonError::into_inner);
        let hits = match aim.as_ref()?.at {
            Target::Deed(deed) => call.deed == deed,
            Target::BeforeProcess => call.deed == Deed::ReadRma && self.book.is_good(call.id),
        };
        if hits {
            aim.take().map(|aim| aim.moment)
        } else {
            None
        }
    }

    /// From an answer to the death that follows.
    pub(crate) fn moment(&self) -> Duration {
        Duration::from_micros(self.below(6_000))
    }

    fn draw(&self) -> Aim {
        let at = match self.below(if self.at_money_only { 1 } else { 10 }) {
            0..4 => Target::Deed(Deed::Process),
            4 | 5 => Target::BeforeProcess,
            6 => Target::Deed(Deed::Flag),
            7 => Target::Deed(Deed::WriteNote),
            8 => Target::Deed(Deed::CreateRma),
            _ => Target::Deed(Deed::AmendRma),
        };
        let moments = [
            Moment::OnItsWay,
            Moment::Arrived,
            Moment::Unheard,
            Moment::Heard,
        ];
        let moment = match at {
            Target::BeforeProcess => Moment::Heard,
            Target::Deed(_) => moments[usize::try_from(self.below(4)).unwrap()],
        };
        Aim { at, moment }
    }

    fn below(&self, end: u64) -> u64 {
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        rng.below(end)
    }

    fn aim(&self) -> Option<Aim> {
        *self.aim.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_aim(&self, aim: Option<Aim>) {
        *self.aim.lock().unwrap_or_else(PoisonError::into_inner) = aim;
    }
}
