use std::num::NonZeroU32;
use std::{fs, thread};

use ams_oms_client::{
    ChangeCursor, CreateOutcome, LineRef, MerchantId, Oms, OmsError, OmsExt, Rma, RmaKey, RmaLine,
    RmaNumber, RmaSnapshot, RmaState,
};
use tempfile::TempDir;

use crate::oms::FolderOms;
use crate::run;

fn acme() -> MerchantId {
    "acme".parse().unwrap()
}

fn key(number: u64) -> RmaKey {
    RmaKey::new(acme(), RmaNumber::new(number).unwrap())
}

fn rma(number: u64, quantity: u32) -> Rma {
    let quantity = NonZeroU32::new(quantity).unwrap();
    let line = RmaLine::new(LineRef::new("1").unwrap(), quantity).with_sku("TEE-S");
    Rma::new(key(number), vec![line]).unwrap()
}

/// RMA 7 of one unit is announced, and this is dropped for it.
async fn dropped(received: &str) -> (TempDir, FolderOms, Result<RmaSnapshot, OmsError>) {
    let root = tempfile::tempdir().unwrap();
    let oms = FolderOms(root.path().to_owned());
    oms.create_rma(&rma(7, 1)).await.unwrap();
    fs::write(
        root.path().join("acme/9000000000000000.7.status.csv"),
        received,
    )
    .unwrap();
    let read = oms.get_rma(&key(7)).await.map(Option::unwrap);
    (root, oms, read)
}

#[tokio::test]
async fn the_suite_passes_and_the_bridge_settles() {
    let root = tempfile::tempdir().unwrap();
    run(root.path()).await.unwrap();
}

#[tokio::test]
async fn a_broken_rule_is_a_failure() {
    // A file where the folder should be.
    let root = tempfile::NamedTempFile::new().unwrap();
    let failure = run(root.path()).await.unwrap_err().to_string();
    assert!(failure.contains("create-repeats"), "{failure}");
}

#[tokio::test]
async fn only_what_the_warehouse_wrote_whole_and_in_known_words_counts() {
    // (dropped, state, available, damaged, held, missing)
    for (received, state, counts) in [
        (
            "UNITS,1,available,1\nSTATE,completed\n",
            RmaState::Completed,
            [1, 0, 0, 0],
        ),
        (
            "UNITS,1,Damaged,1\nSTATE,completed\n",
            RmaState::Completed,
            [0, 1, 0, 0],
        ),
        (
            "UNITS,1,missing,1\nSTATE,completed\n",
            RmaState::Completed,
            [0, 0, 0, 1],
        ),
        (
            "UNITS,1,grade B,1\nSTATE,in_progress\n",
            RmaState::InProgress,
            [0, 0, 1, 0],
        ),
        (
            "UNITS,1,available,1\nSTATE,done\n",
            RmaState::Unknown,
            [1, 0, 0, 0],
        ),
        (
            "UNITS,1,available,1\nSTATE,comp",
            RmaState::Unknown,
            [1, 0, 0, 0],
        ),
        ("UNITS,1,available,1\n", RmaState::Unknown, [1, 0, 0, 0]),
        ("", RmaState::Unknown, [0, 0, 0, 0]),
    ] {
        let (_root, _, read) = dropped(received).await;
        let read = read.unwrap();
        let told = read.lines[0].counts;
        assert_eq!(read.state, state, "{received}");
        assert_eq!(
            [told.available, told.damaged, told.held, told.missing],
            counts,
            "{received}"
        );
    }
}

#[tokio::test]
async fn a_file_that_makes_no_sense_stops_its_own_rma_only() {
    for received in [
        "UNITS,2,available,1\nSTATE,completed\n",
        "UNITS,1,available,-1\nSTATE,completed\n",
        "UNITS,1,available,4294967296\nSTATE,completed\n",
        "UNITS,1,available,4294967295\nUNITS,1,available,1\nSTATE,completed\n",
        "UNITS,1,available\nSTATE,completed\n",
        "OTHER,MUG,,0,available\nSTATE,completed\n",
    ] {
        let (_root, oms, read) = dropped(received).await;
        assert!(
            matches!(read, Err(OmsError::Malformed { .. })),
            "{received}: {read:?}"
        );
        oms.create_rma(&rma(8, 1)).await.unwrap();
        let both = [7, 8].map(|number| key(number).rma_number);
        assert_eq!(oms.all_open(&acme()).await.unwrap(), both, "{received}");
        let (changed, _) = oms.all_changes(&acme(), None).await.unwrap();
        assert_eq!(changed.into_keys().collect::<Vec<_>>(), both, "{received}");
    }
}

#[tokio::test]
async fn a_crash_in_the_middle_loses_nothing() {
    let root = tempfile::tempdir().unwrap();
    let oms = FolderOms(root.path().to_owned());
    oms.create_rma(&rma(71, 1)).await.unwrap();
    let (_, cursor) = oms.all_changes(&acme(), None).await.unwrap();
    // A file was written and not put in place.
    fs::write(root.path().join("acme/.tmp4Vbw"), "LINE,1").unwrap();

    let oms = FolderOms(root.path().to_owned());
    assert!(oms.get_rma(&key(72)).await.unwrap().is_none());
    oms.create_rma(&rma(72, 1)).await.unwrap();
    let (changed, _) = oms.all_changes(&acme(), Some(&cursor)).await.unwrap();
    assert_eq!(
        changed.into_keys().collect::<Vec<_>>(),
        [key(72).rma_number]
    );
    assert_eq!(oms.all_open(&acme()).await.unwrap().len(), 2);

    // Neither files of one time nor a clock that was set back hide anything from those who follow.
    for number in [71, 72] {
        let name = format!("acme/9000000000000000.{number}.status.csv");
        fs::write(root.path().join(name), "STATE,arrived\n").unwrap();
    }
    let one = NonZeroU32::MIN;
    let page = oms.changes(&acme(), Some(&cursor), one).await.unwrap();
    let (changed, cursor) = oms.all_changes(&acme(), Some(&page.next)).await.unwrap();
    let both = [71, 72].map(|number| key(number).rma_number);
    assert_eq!(changed.into_keys().collect::<Vec<_>>(), both);
    oms.create_rma(&rma(73, 1)).await.unwrap();
    let (changed, cursor) = oms.all_changes(&acme(), Some(&cursor)).await.unwrap();
    assert_eq!(
        changed.into_keys().collect::<Vec<_>>(),
        [key(73).rma_number]
    );

    // Another folder, as after this one was emptied, does not go on from that cursor.
    let other = tempfile::tempdir().unwrap();
    let other = FolderOms(other.path().to_owned());
    for number in 1..9 {
        other.create_rma(&rma(number, 1)).await.unwrap();
    }
    let foreign = [cursor, ChangeCursor::new("0")];
    for cursor in foreign {
        let lost = other.all_changes(&acme(), Some(&cursor)).await;
        assert!(matches!(lost, Err(OmsError::CursorLost)), "{lost:?}");
    }
}

#[tokio::test]
async fn a_file_whose_name_makes_no_sense_is_not_passed_over() {
    let (root, oms, _) = dropped("STATE,completed\n").await;
    fs::write(root.path().join("acme/1.#1001.status.csv"), "").unwrap();
    let feed = oms.all_changes(&acme(), None).await;
    assert!(matches!(feed, Err(OmsError::Malformed { .. })), "{feed:?}");
}

#[test]
fn of_many_handles_one_creates() {
    let root = tempfile::tempdir().unwrap();
    let announce = &|quantity: u32| {
        let oms = FolderOms(root.path().to_owned());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(oms.create_rma(&rma(7, quantity)))
    };
    let created: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..8)
            .map(|n| scope.spawn(move || announce(1 + n % 2)))
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .collect()
    });
    let count = |is: fn(&Result<CreateOutcome, OmsError>) -> bool| {
        created.iter().filter(|answer| is(answer)).count()
    };
    assert_eq!(count(|it| matches!(it, Ok(CreateOutcome::Created(_)))), 1);
    assert_eq!(
        count(|it| matches!(it, Ok(CreateOutcome::AlreadyExists(_)))),
        3
    );
    assert_eq!(count(|it| matches!(it, Err(OmsError::Conflict { .. }))), 4);
}

#[tokio::test]
async fn what_could_not_be_read_back_is_not_written() {
    let root = tempfile::tempdir().unwrap();
    let oms = FolderOms(root.path().to_owned());
    let mut nothing = rma(7, 1);
    nothing.lines.clear();
    let refused = oms.create_rma(&nothing).await;
    assert!(
        matches!(refused, Err(OmsError::Rejected { .. })),
        "{refused:?}"
    );
    assert!(oms.get_rma(&key(7)).await.unwrap().is_none());
}

#[test]
fn it_is_as_short_as_it_says() {
    let lines = include_str!("oms.rs").lines().count();
    assert!(lines < 250, "{lines}");
}
