use super::*;

fn path(folder: &tempfile::TempDir) -> std::path::PathBuf {
    folder.path().join("oms.sqlite")
}

async fn pragma(oms: &SqliteOms, name: &'static str) -> String {
    oms.call(move |connection| {
        connection
            .pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))
            .map(|value| format!("{value:?}"))
            .map_err(read_failed)
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn commits_are_fully_synchronised() {
    let folder = tempfile::tempdir().unwrap();
    let oms = SqliteOms::open(path(&folder)).await.unwrap();
    assert_eq!(pragma(&oms, "journal_mode").await, r#"Text("wal")"#);
    assert_eq!(pragma(&oms, "synchronous").await, "Integer(2)");
    assert_eq!(pragma(&oms, "user_version").await, "Integer(1)");
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(SqliteOms::open(path(&folder)).await.unwrap());
    let other = Connection::open(path(&folder)).unwrap();
    other.pragma_update(None, "user_version", 99).unwrap();

    let error = SqliteOms::open(path(&folder)).await.unwrap_err();
    assert!(matches!(error, OmsError::Malformed { .. }), "{error:?}");
    assert!(error.to_string().contains("schema version 99"), "{error}");
    let version: i64 = other
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, 99);
}

#[tokio::test]
async fn files_of_others_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();

    let ledger = folder.path().join("ledger.sqlite");
    let other = Connection::open(&ledger).unwrap();
    other.execute_batch("CREATE TABLE intent (id)").unwrap();
    let error = SqliteOms::open(&ledger).await.unwrap_err();
    assert!(error.to_string().contains("another program"), "{error}");
    let tables: i64 = other
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .unwrap();
    assert_eq!(tables, 1);

    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "shopping list\n".repeat(100)).unwrap();
    let error = SqliteOms::open(&text).await.unwrap_err();
    assert!(matches!(error, OmsError::Malformed { .. }), "{error:?}");

    let error = SqliteOms::open(folder.path().join("no/such/folder"))
        .await
        .unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
}

#[tokio::test]
async fn a_damaged_document_is_reported_without_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let oms = SqliteOms::open(path(&folder)).await.unwrap();
    Connection::open(path(&folder))
        .unwrap()
        .execute(
            "INSERT INTO rma VALUES ('acme', '7', '1', 1, 1, '{\"order_name\":\"Jane Doe\"')",
            [],
        )
        .unwrap();
    let key = RmaKey::new(MerchantId::new("acme").unwrap(), "7".parse().unwrap());
    let error = oms.get_rma(&key).await.unwrap_err();
    assert!(matches!(error, OmsError::Malformed { .. }), "{error:?}");
    assert!(error.to_string().contains("acme/7"), "{error}");
    assert!(!error.to_string().contains("Jane"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_may_open_one_new_file_at_once() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let tasks: Vec<_> = (0..8)
            .map(|_| tokio::spawn(SqliteOms::open(path(&folder))))
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
    }
}
