//! Artifacts in a real folder.

use artifacts::{Artifacts, Error, Place};
use bytes::Bytes;
use domain::Millis;
use futures::{StreamExt as _, TryStreamExt as _, stream};

type Chunk = Result<Bytes, std::io::Error>;

fn chunks(bytes: &'static [u8]) -> impl futures::Stream<Item = Chunk> {
    stream::iter([Ok(Bytes::from_static(bytes))])
}

fn place(path: &str) -> Place {
    Place::parse(path).expect("a place")
}

async fn content(artifacts: &Artifacts, path: &str) -> Vec<u8> {
    let content = artifacts.open(&place(path)).await.expect("opens");
    content
        .stream
        .try_fold(Vec::new(), |mut all, bytes| async move {
            all.extend_from_slice(&bytes);
            Ok(all)
        })
        .await
        .expect("streams")
}

#[tokio::test]
async fn files_come_back_under_the_name_they_were_given() {
    let folder = tempfile::tempdir().expect("a folder");
    let artifacts = Artifacts::in_folder(folder.path()).expect("opens");
    for name in [
        "a.txt",
        "deep/er/b.bin",
        "größe/a b.txt",
        "100%.txt",
        "a#1",
        "x~[y].json",
        "%41.txt",
        "%2e",
        "#",
        "##2",
        "a#b#3",
    ] {
        artifacts.put(&place(name), chunks(name.as_bytes())).await.expect("is written");
        assert_eq!(content(&artifacts, name).await, name.as_bytes(), "{name}");
    }
    let names: Vec<_> = artifacts.list_place(&Place::root()).await.expect("lists");
    let names: Vec<_> = names.iter().map(|entry| (entry.path.as_str(), entry.is_dir, entry.size)).collect();
    assert!(names.is_sorted_by_key(|(name, ..)| *name), "{names:?}");
    let in_tree = artifacts.list("mlflow-artifacts:/", "").await.expect("lists");
    let folders: Vec<_> = in_tree.iter().take(2).map(|entry| (&*entry.path, entry.is_dir)).collect();
    assert_eq!(folders, [("deep", true), ("größe", true)], "folders come first");
    assert!(
        names.contains(&("100%.txt", false, Some(8))) && names.contains(&("a#1", false, Some(3))),
        "{names:?}"
    );
    let walked: Vec<_> =
        artifacts.walk(&place("deep")).map_ok(|(name, _)| name).try_collect().await.expect("walks");
    assert_eq!(walked, ["er/b.bin"]);
}

#[tokio::test]
async fn a_name_may_be_as_long_as_the_file_system_takes() {
    let folder = tempfile::tempdir().expect("a folder");
    let artifacts = Artifacts::in_folder(folder.path()).expect("opens");
    for name in
        ["数".repeat(85), "é".repeat(127), "x".repeat(255), "%".repeat(255), format!("{}#1", "y".repeat(253))]
    {
        artifacts.put(&place(&name), chunks(b"kept")).await.expect("is written");
        assert_eq!(content(&artifacts, &name).await, b"kept", "{name}");
        let below = format!("{name}-{name}").chars().take(40).collect::<String>() + "/" + &name;
        artifacts.put(&place(&below), chunks(b"kept")).await.expect("is written");
        assert_eq!(content(&artifacts, &below).await, b"kept", "{below}");
        let listed = artifacts.list_place(&Place::root()).await.expect("lists");
        assert!(listed.iter().any(|entry| entry.path == name), "{name}");
        artifacts.delete(&place(&name)).await.expect("is deleted");
        assert!(matches!(artifacts.size(&place(&name)).await, Err(Error::NotFound(_))));
    }
}

#[tokio::test]
async fn what_a_killed_server_was_writing_goes_at_the_next_start_and_what_another_writes_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let staging = folder.path().join("staging");
    let abandoned = staging.join("0123456789abcdef0123456789abcdef");
    std::fs::create_dir_all(&abandoned).expect("is created");
    std::fs::write(abandoned.join("half#1"), b"half").expect("is written");
    std::fs::create_dir(staging.join("someone's")).expect("is created");
    let first = Artifacts::in_folder(folder.path()).expect("opens");
    assert!(!abandoned.exists());
    assert!(staging.join("someone's").exists());

    let (sender, receiver) = futures::channel::mpsc::unbounded::<Chunk>();
    let writer = first.clone();
    let slow = tokio::spawn(async move { writer.put(&place("slow"), receiver).await });
    for _ in 0..3 {
        sender.unbounded_send(Ok(Bytes::from(vec![7; 4 << 20]))).expect("is sent");
    }
    let second = Artifacts::in_folder(folder.path()).expect("opens");
    second.put(&place("quick"), chunks(b"x")).await.expect("is written");
    drop(sender);
    assert_eq!(slow.await.expect("no panic").expect("is written"), 12 << 20);
    drop((first, second));
    let left: Vec<_> =
        std::fs::read_dir(&staging).expect("lists").map(|entry| entry.expect("one").file_name()).collect();
    assert_eq!(left.len(), 2, "the lock and the folder that isn't ours: {left:?}");
}

#[tokio::test]
async fn a_name_that_another_upload_took_meanwhile_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let artifacts = Artifacts::in_folder(folder.path()).expect("opens");
    for (slow, quick) in [("a", "a/b"), ("c/d", "c"), ("e/f/g", "e")] {
        let meanwhile = stream::once(async {
            artifacts.put(&place(quick), chunks(b"quick")).await.expect("is written");
            Ok::<_, std::io::Error>(Bytes::from_static(b"slow"))
        });
        let put = artifacts.put(&place(slow), meanwhile).await;
        assert!(matches!(put, Err(Error::Path { ref path, .. }) if path == slow), "{slow}: {put:?}");
        assert_eq!(content(&artifacts, quick).await, b"quick");
    }
    let staged = std::fs::read_dir(folder.path().join("staging")).expect("lists");
    let own = staged.map(|entry| entry.expect("one").path()).find(|path| path.is_dir()).expect("a folder");
    assert_eq!(std::fs::read_dir(own).expect("lists").count(), 0);
}

#[tokio::test]
async fn a_file_that_stops_halfway_is_never_seen() {
    let folder = tempfile::tempdir().expect("a folder");
    let artifacts = Artifacts::in_folder(folder.path()).expect("opens");
    artifacts.put(&place("a/kept"), chunks(b"old")).await.expect("is written");
    let part = || Ok(Bytes::from(vec![7; 4 << 20]));
    let broken = stream::iter([part(), part(), part(), Err(std::io::Error::other("gone"))]);
    let outcome = artifacts.put(&place("a/kept"), broken).await;
    assert!(matches!(outcome, Err(Error::Interrupted)));
    assert_eq!(content(&artifacts, "a/kept").await, b"old");
    assert_eq!(artifacts.list_place(&place("a")).await.expect("lists").len(), 1);
}

#[tokio::test]
async fn large_files_and_ranges_are_exact() {
    let folder = tempfile::tempdir().expect("a folder");
    let artifacts = Artifacts::in_folder(folder.path()).expect("opens");
    let whole: Vec<u8> = (0..12_345_678_u32).map(|i| (i % 251) as u8).collect();
    let parts: Vec<Chunk> = whole.chunks(65_537).map(|part| Ok(Bytes::copy_from_slice(part))).collect();
    let size = artifacts.put(&place("big"), stream::iter(parts)).await.expect("is written");
    assert_eq!(size, whole.len() as u64);
    assert!(content(&artifacts, "big").await == whole);
    let part = artifacts.open_range(&place("big"), 1_000..1_010).await.expect("opens");
    let bytes: Vec<Bytes> = part.stream.try_collect().await.expect("streams");
    assert_eq!(bytes.concat(), &whole[1_000..1_010]);
    assert_eq!(
        artifacts.head(&place("big"), 3).await.expect("reads"),
        (Bytes::from_static(&[0, 1, 2]), size)
    );
}

#[tokio::test]
async fn parts_are_put_together_in_order_when_the_upload_is_completed() {
    let folder = tempfile::tempdir().expect("a folder");
    let artifacts = Artifacts::in_folder(folder.path()).expect("opens");
    let id = artifacts.begin_upload().await.expect("begins");
    artifacts.put_part(&id, 2, chunks(b"world")).await.expect("is taken");
    let early = artifacts.assemble(&id, &[1, 2], &place("m/hello")).await;
    assert!(matches!(early, Err(Error::Incomplete(_))));
    artifacts.put_part(&id, 1, chunks(b"hello ")).await.expect("is taken");
    assert!(artifacts.list_place(&Place::root()).await.expect("lists").is_empty());
    let staged = artifacts.assemble(&id, &[1, 2], &place("m/hello")).await.expect("is whole");
    assert!(artifacts.list_place(&Place::root()).await.expect("lists").is_empty(), "nobody sees it yet");
    let size = artifacts.complete_upload(&id, staged.expect("is new")).await.expect("is shown");
    assert_eq!((size, content(&artifacts, "m/hello").await), (11, b"hello world".to_vec()));
    let again = artifacts.assemble(&id, &[1, 2], &place("m/hello")).await.expect("the answer was lost");
    assert!(again.is_none());
    let elsewhere = artifacts.assemble(&id, &[1, 2], &place("m/other")).await;
    assert!(matches!(elsewhere, Err(Error::NoUpload(_))));
    let again = artifacts.put_part(&id, 1, chunks(b"x")).await;
    assert!(matches!(again, Err(Error::NoUpload(_))));
}

#[tokio::test]
async fn an_upload_that_nobody_goes_on_with_is_forgotten() {
    let folder = tempfile::tempdir().expect("a folder");
    let artifacts = Artifacts::in_folder(folder.path()).expect("opens");
    let id = artifacts.begin_upload().await.expect("begins");
    artifacts.put_part(&id, 1, chunks(b"hello")).await.expect("is taken");
    let (long_ago, ages_hence) = (Millis(0), Millis(i64::MAX));

    assert_eq!(artifacts.forget_stale_uploads(long_ago).await.expect("are looked at"), 0);
    artifacts.put_part(&id, 2, chunks(b" world")).await.expect("is taken");
    assert_eq!(artifacts.forget_stale_uploads(ages_hence).await.expect("are forgotten"), 1);

    assert!(matches!(artifacts.put_part(&id, 3, chunks(b"!")).await, Err(Error::NoUpload(_))));
    let left = std::fs::read_dir(folder.path().join("uploads")).expect("a folder").count();
    assert_eq!(left, 0, "what was sent takes no space any more");
    assert_eq!(artifacts.forget_stale_uploads(ages_hence).await.expect("are looked at"), 0);
}

#[tokio::test]
async fn files_and_folders_do_not_replace_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let artifacts = Artifacts::in_folder(folder.path()).expect("opens");
    artifacts.put(&place("a/b"), chunks(b"x")).await.expect("is written");
    assert!(matches!(artifacts.put(&place("a"), chunks(b"x")).await, Err(Error::Path { .. })));
    assert!(matches!(artifacts.put(&place("a/b/c"), chunks(b"x")).await, Err(Error::Path { .. })));
    assert!(matches!(artifacts.open(&place("a")).await, Err(Error::Path { .. })));
    for absent in ["a/b/c", "a/other", "none"] {
        let outcome = artifacts.size(&place(absent)).await;
        assert!(matches!(outcome, Err(Error::NotFound(ref path)) if path == absent), "{absent}");
        assert!(artifacts.list_place(&place(absent)).await.expect("lists").is_empty());
    }
    artifacts.delete(&place("a")).await.expect("is deleted");
    artifacts.delete(&place("a")).await.expect("again is no error");
    assert!(artifacts.list_place(&Place::root()).await.expect("lists").is_empty());
    assert!(artifacts.walk(&Place::root()).next().await.is_none());
}

#[tokio::test]
async fn only_the_servers_own_places_are_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let artifacts = Artifacts::in_folder(folder.path()).expect("opens");
    assert_eq!(
        artifacts.place("mlflow-artifacts:/1/r/artifacts", "m/x").expect("is ours"),
        place("1/r/artifacts/m/x")
    );
    assert!(matches!(artifacts.place("file:///etc", "passwd"), Err(Error::Elsewhere(_))));
    assert!(matches!(artifacts.place("mlflow-artifacts:/1", "../2"), Err(Error::Path { .. })));
    assert!(matches!(artifacts.place("mlflow-artifacts:/../x", "a"), Err(Error::Path { .. })));
}
