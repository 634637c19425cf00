//! The agenda: who serves it misses neither a new item nor the last one's going.

use ironthread::timer::Agenda;
use ironthread::wait::Deadline;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering::Relaxed};
use loom::thread;

use crate::join;

#[test]
fn an_item_that_is_added_while_the_service_goes_to_sleep_is_seen() {
    loom::model(|| {
        let agenda = Arc::new(Agenda::new());
        assert!(agenda.add(Deadline::NEVER, 1).unserved);
        let service = thread::spawn({
            let agenda = Arc::clone(&agenda);
            move || agenda.next()
        });
        assert!(!agenda.add(Deadline::PAST, 2).unserved);
        assert_eq!(join(service), Some(vec![2]));
    });
}

#[test]
fn a_service_leaves_when_what_was_taken_off_has_ended() {
    loom::model(|| {
        let agenda = Arc::new(Agenda::new());
        let has_ended = Arc::new(AtomicBool::new(false));
        let key = agenda.add(Deadline::NEVER, 1).key;
        let ending = thread::spawn({
            let (agenda, has_ended) = (Arc::clone(&agenda), Arc::clone(&has_ended));
            move || agenda.remove_with(key, |_| has_ended.store(true, Relaxed))
        });
        assert_eq!(agenda.next(), None);
        // (It left, and with it the item's end was to be seen.)
        assert!(has_ended.load(Relaxed));
        assert_eq!(join(ending), Some(()));
    });
}

#[test]
fn a_service_leaves_when_the_last_item_goes_and_never_with_an_item_left() {
    loom::model(|| {
        let agenda = Arc::new(Agenda::new());
        let key = agenda.add(Deadline::NEVER, 1).key;
        let service = thread::spawn({
            let agenda = Arc::clone(&agenda);
            move || agenda.next()
        });
        assert_eq!(agenda.remove(key), Some(1));
        let added = agenda.add(Deadline::PAST, 2);
        match join(service) {
            // It had left: whoever added the item knows.
            None => assert!(added.unserved),
            Some(due) => assert_eq!((due, added.unserved), (vec![2], false)),
        }
    });
}
