use std::sync::{Arc, Mutex};

use super::*;

/// What was written.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn seen(phase: PhaseName, progress: Progress) -> Seen<'static> {
    Seen { run: None, phase: Some(phase), progress: Some(progress), waiting: None, message: None }
}

fn progress(dispatched: u64, settled: u64) -> Progress {
    Progress { customers: 2_000, differing: 1_000, dispatched, settled }
}

#[test]
fn what_the_queue_no_longer_holds_counts_as_applied() {
    assert_eq!(applied(&progress(800, 0), Some(300)), 500);
    assert_eq!(applied(&progress(800, 600), Some(300)), 600);
    assert_eq!(applied(&progress(800, 100), None), 100);
    assert_eq!(applied(&progress(800, 100), Some(5_000)), 100);
    assert_eq!(applied(&Progress::default(), Some(0)), 0);
}

#[test]
fn a_phase_is_told_once() {
    let written = Written::default();
    let mut lines = Lines::written_to(Box::new(written.clone()));
    let exporting = Seen {
        progress: None,
        message: Some("Shopify writes out the customers"),
        ..seen(PhaseName::Export, Progress::default())
    };
    for _ in 0..3 {
        lines.show(&exporting);
    }
    lines.show(&Seen { waiting: Some(100), ..seen(PhaseName::Dispatch, progress(500, 0)) });
    lines.show(&seen(PhaseName::Dispatch, progress(900, 0)));
    assert_eq!(
        written.text(),
        "export: Shopify writes out the customers\n\
         dispatch: 400 of 1,000 applied: 2,000 rows, 500 dispatched\n"
    );
}

#[test]
fn an_answer_without_a_phase_belongs_to_the_last_one() {
    let written = Written::default();
    let mut lines = Lines::written_to(Box::new(written.clone()));
    let without = Seen { phase: None, ..seen(PhaseName::Plan, progress(0, 0)) };
    lines.show(&without);
    lines.show(&seen(PhaseName::Plan, progress(0, 0)));
    lines.show(&without);
    assert_eq!(written.text(), "plan: 2,000 rows\n");
}

#[test]
fn the_bar_goes_from_nobody_to_everybody_who_differs() {
    let mut bar = Bar::drawn_to(ProgressDrawTarget::hidden());
    bar.show(&seen(PhaseName::Plan, progress(0, 0)));
    assert_eq!((bar.bar.length(), bar.bar.prefix().as_str()), (None, "plan"));
    bar.show(&Seen { waiting: Some(500), ..seen(PhaseName::Dispatch, progress(500, 0)) });
    assert_eq!((bar.bar.length(), bar.bar.position()), (Some(1_000), 0));
    bar.show(&Seen { waiting: Some(0), ..seen(PhaseName::Settle, progress(1_000, 0)) });
    assert_eq!(bar.bar.position(), 1_000);
    assert_eq!(bar.bar.message(), "2,000 rows, 1,000 dispatched");
}

#[test]
fn a_run_that_is_refused_never_had_a_bar() {
    let mut bar = Bar::drawn_to(ProgressDrawTarget::hidden());
    bar.show(&seen(PhaseName::Ended, progress(0, 0)));
    assert_eq!((bar.bar.length(), bar.bar.message().as_str()), (None, "2,000 rows"));
}

#[test]
fn the_templates_can_be_read() {
    for template in [SPINNER, BAR] {
        assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
    }
}
