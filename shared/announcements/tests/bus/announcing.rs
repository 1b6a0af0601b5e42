//! What is announced, and what is done about what the bus does not take.

use std::time::Duration;

use announcements::Error;
use outbound::Traffic;
use serde_json::json;
use simulators::BusTrouble;

use crate::account::{ANN, Account, BUS, change};

#[tokio::test]
async fn a_change_is_one_event_of_our_kind_on_that_bus() {
    let account = Account::open().await;
    account.bus("default").announce(ANN, &[change(1)], account.soon()).await.unwrap();
    assert_eq!(account.service.take_calls(), ["PutEvents"]);
    let [event] = &account.service.taken()[..] else { panic!() };
    assert_eq!(event.bus, "default");
    assert_eq!(
        (event.source.as_str(), event.detail_type.as_str()),
        ("shopify-okta-segments", "segment.changed")
    );
    assert_eq!(event.time, Some(1_795_262_400));
    assert_eq!(event.detail["id"], json!("9007199254741993-1"));
}

#[tokio::test]
async fn an_entry_that_is_refused_is_sent_again_alone() {
    let account = Account::open().await;
    for code in ["ThrottlingException", "InternalFailure", "ThrottlingException"] {
        account.service.trouble(BusTrouble::FirstEntry(code));
    }
    let bus = account.bus(BUS);
    bus.announce(ANN, &[change(1), change(2)], account.soon()).await.unwrap();
    assert_eq!(account.taken(), ["9007199254741993-2", "9007199254741993-1"]);
    assert_eq!(bus.traffic(), Traffic { sent: 5, throttled: 2, failed: 1 });
    assert_eq!(account.puts(), 4);
}

#[tokio::test]
async fn an_entry_that_the_answer_leaves_out_is_not_taken_for_taken() {
    let account = Account::open().await;
    account.service.trouble(BusTrouble::CutShort);
    account.announce_two().await.unwrap();
    assert_eq!(account.taken(), ["9007199254741993-1", "9007199254741993-2"]);
}

#[tokio::test]
async fn entries_that_stay_refused_are_an_error_that_may_pass() {
    let account = Account::open().await;
    account.service.lasting_trouble(BusTrouble::EveryEntry("ThrottlingException"));
    let began = account.clock.now();
    let error = account.announce_two().await.unwrap_err();
    assert!(error.is_retryable() && account.taken().is_empty(), "{error}");
    assert_eq!(account.puts(), 4);
    assert_eq!(account.clock.now().duration_since(began).as_secs(), 3);
}

#[tokio::test]
async fn nothing_is_tried_again_when_the_time_is_up() {
    let account = Account::open().await;
    account.service.lasting_trouble(BusTrouble::EveryEntry("ThrottlingException"));
    let until = account.clock.now() + Duration::from_millis(500);
    let error = account.bus(BUS).announce(ANN, &[change(1)], until).await.unwrap_err();
    assert!(matches!(error, Error::OutOfTime { .. }) && error.is_retryable(), "{error}");
    assert_eq!(account.puts(), 2);
}

#[tokio::test]
async fn a_missing_right_is_said_at_once_and_not_given_up() {
    let denials = [
        BusTrouble::Call("AccessDeniedException"),
        BusTrouble::EveryEntry("AccessDeniedException"),
        BusTrouble::FirstEntry("NotAuthorizedForSourceException"),
    ];
    for denial in denials {
        let account = Account::open().await;
        account.service.trouble(denial);
        let error = account.announce_two().await.unwrap_err();
        assert!(matches!(error, Error::Denied { .. }) && error.is_retryable(), "{error}");
        assert!(error.to_string().starts_with("event bus shop: put events: "), "{error}");
        assert_eq!(account.puts(), 1);
    }
}

#[tokio::test]
async fn a_mistake_of_ours_is_no_passing_trouble() {
    let account = Account::open().await;
    account.service.trouble(BusTrouble::FirstEntry("MalformedDetail"));
    let error = account.announce_two().await.unwrap_err();
    assert!(!error.is_retryable(), "{error}");
    assert_eq!(account.puts(), 1);
}

#[tokio::test]
async fn a_bus_that_is_gone_is_noticed_before_events_are_lost_on_it() {
    let account = Account::open().await;
    let bus = account.bus(BUS);
    bus.announce(ANN, &[change(1)], account.soon()).await.unwrap();
    bus.announce(ANN, &[change(2)], account.soon()).await.unwrap();
    assert_eq!(account.service.take_calls(), ["DescribeEventBus", "PutEvents", "PutEvents"]);
    account.service.delete_bus(BUS);
    assert_eq!(bus.traffic(), Traffic { sent: 3, throttled: 0, failed: 0 });
    account.clock.advance(Duration::from_mins(5));
    let error = bus.announce(ANN, &[change(3)], account.soon()).await.unwrap_err();
    assert_eq!((&error, error.is_retryable()), (&Error::NoBus { bus: BUS.to_owned() }, true));
    assert_eq!(account.service.take_calls(), ["DescribeEventBus"]);
    assert_eq!(bus.traffic(), Traffic { sent: 4, throttled: 0, failed: 1 });
    account.service.add_bus(BUS);
    bus.announce(ANN, &[change(3)], account.soon()).await.unwrap();
    assert_eq!(account.taken().len(), 3);
}

#[tokio::test]
async fn whole_calls_that_fail_are_made_again_and_then_an_error() {
    for trouble in [
        BusTrouble::Call("ThrottlingException"),
        BusTrouble::Call("InternalException"),
        BusTrouble::AnswerLost,
        BusTrouble::Silence,
    ] {
        let account = Account::open().await;
        account.service.trouble(trouble);
        account.announce_two().await.unwrap();
        assert_eq!(account.puts(), 2, "{trouble:?}");
        account.service.lasting_trouble(trouble);
        let error = account.announce_two().await.unwrap_err();
        assert!(matches!(error, Error::Refused { .. }) && error.is_retryable(), "{error}");
        assert_eq!(account.puts(), 3, "{trouble:?}");
    }
}
