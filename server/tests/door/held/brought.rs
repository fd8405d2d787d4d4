//! Whoever brings what others have written, as after a restore, is told what is held of it.

use ankomst_shared::ids::DocumentId;

use super::world::{BO, ELIN, INGRID, MATS, World, begins, writes};

const CASE: DocumentId = DocumentId::from_bytes([77; 16]);

#[tokio::test(flavor = "multi_thread")]
async fn who_brings_what_is_held_hears_of_it_until_all_have_it() {
    let world = World::new().await;
    world.set_active("bo", false).await;
    let first = begins(CASE);
    let held = writes(BO, 1, &[&first], ("arriving_from", "Kvar efter sista dagen"));
    let other = writes(BO, 2, &[&first], ("phone", "+46701740601"));
    world.brings(ELIN, &[first, held.clone(), other.clone()]).await;
    world.settle().await;
    let both =
        [(held.hash(), "account ended".to_owned()), (other.hash(), "account ended".to_owned())];
    assert_eq!(world.told(ELIN), both);
    assert_eq!(world.told(BO), both, "its author, as ever");
    assert_eq!(world.told(MATS), []);
    // Also who brings what is there already, and is told no more than that.
    world.brings(MATS, std::slice::from_ref(&held)).await;
    assert_eq!(world.told(MATS), both[..1]);
    let refused = world.decide((INGRID, false), (CASE, &[held.hash()])).await.unwrap();
    let released = world.decide((INGRID, true), (CASE, &[other.hash()])).await.unwrap();
    assert_eq!((refused.decided, released.decided), (1, 1));
    world.settle().await;
    let refused = [(held.hash(), "refused".to_owned())];
    for who in [ELIN, MATS, BO] {
        assert_eq!(world.told(who), refused, "{who}");
    }
    // What all have nobody needs to be told of.
    world.brings(MATS, &[other]).await;
    assert_eq!(world.told(MATS), refused);
}
