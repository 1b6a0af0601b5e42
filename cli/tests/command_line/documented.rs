//! Every command of the documentation is run, in the order of its document, on a system that is in the state
//! which the text speaks of; and a deployed stack allows what is listed, and is asked for nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use resegment::{Event, Start, Status};
use rules::{CustomerId, PinnedTo, RuleBook};
use simulators::NewCustomer;
use state::{Cause, Message, Pin, RunId, Subject};

use crate::documents::{OKTA, OPERATIONS, README, RULES, SHOPIFY, blocks, commands, words};
use crate::needs::Need;
use crate::rights::documented;
use crate::schemas;
use crate::scripts::{self, How, Line, Scene};
use crate::serve::Serving;
use crate::site::{Kind, Site};
use crate::support::{BOOK, code, stderr, stdout};

/// What the documentation calls its stack, its run and its customer.
const STACK: &str = "segments";
const NAMED: &str = " --stack segments";
const RUNS: [&str; 2] = ["20261121T030000Z-4f21aa", "<run_id>"];
const CUSTOMER: &str = "706405506930370084";

/// A system, and who and what is there.
pub(crate) struct Town {
    pub(crate) site: Site,
    ann: CustomerId,
    run: Option<RunId>,
    /// What each command needed.
    needs: BTreeMap<String, BTreeSet<Need>>,
}

impl Town {
    /// Three customers: Ann is new, Bob is returning and would be VIP by the documented book, and Carl has no
    /// user in Okta.
    fn of(site: Site) -> Self {
        let site = site.called(STACK);
        let customer = |address: &str, orders, spent: u32| {
            let new = NewCustomer::with_email(address).with_totals(orders, spent.into());
            site.world.shopify.add_customer(new).0
        };
        let ann = customer("ann@example.com", 1, 45);
        customer("bob@example.com", 3, 450);
        customer("carl@example.com", 1, 45);
        for address in ["ann@example.com", "bob@example.com"] {
            site.world.okta.add_user(address, address);
        }
        std::os::unix::fs::symlink(".", site.folder().join(".segments")).unwrap();
        std::fs::write(site.folder().join("segments.toml"), BOOK).unwrap();
        std::fs::write(site.folder().join("new-book.toml"), new_book()).unwrap();
        let other = blocks(RULES, "toml").remove(0);
        std::fs::write(site.folder().join("other-book.toml"), other).unwrap();
        Self { site, ann, run: None, needs: BTreeMap::new() }
    }

    async fn bare(kind: Kind) -> Self {
        Self::of(Site::bare(kind).await)
    }

    /// A system that has made its first run.
    pub(crate) async fn at_work(kind: Kind) -> Self {
        let mut town = Self::of(Site::set_up(kind).await);
        town.enter(Scene::Run).await;
        town
    }

    async fn set(&self, name: &str, number: u32) {
        self.site.system.set(name, AttributeValue::N(number.to_string())).await.unwrap();
    }

    fn person(&self, address: &str) {
        let person = NewCustomer::with_email(address).with_totals(1, 45.into());
        self.site.world.shopify.add_customer(person);
        self.site.world.okta.add_user(address, address);
    }

    async fn work(&self) {
        while self.site.system.work_once().await.unwrap().is_some() {}
    }

    /// Calls the function until a run has ended, with the workers at work meanwhile; or until it waits.
    async fn advance(&mut self, start: Start, only_to_the_wait: bool) -> Status {
        let mut event = Event { start: Some(start) };
        loop {
            let answer = self.site.system.resegment(event).await.unwrap();
            self.run = answer.run_id.or(self.run.take());
            match answer.status {
                Status::Wait if only_to_the_wait => return Status::Wait,
                Status::Continue | Status::Wait => self.work().await,
                ended => return ended,
            }
            event = Event::default();
        }
    }

    /// Brings about what the text speaks of.
    async fn enter(&mut self, scene: Scene) {
        let (system, now) = (&self.site.system, self.site.world.clock.now());
        match scene {
            Scene::Run => {
                self.set("settle_seconds", 0).await;
                assert_eq!(self.advance(Start::default(), false).await, Status::Done);
            }
            Scene::Refused => {
                let book = RuleBook::from_toml(&new_book()).unwrap();
                system.config_table().put_wanted(&book).await.unwrap();
                system.refresh_groups().await.unwrap();
                self.set("guard_min_customers", 0).await;
                assert_eq!(self.advance(Start::default(), false).await, Status::Refused);
                self.set("guard_min_customers", 25).await;
            }
            Scene::Strict => self.set("guard_min_customers", 0).await,
            Scene::LastRun => {
                let runs = system.runs().summaries::<resegment::Summary>(1).await.unwrap();
                self.run = Some(runs[0].run_id.clone());
            }
            Scene::Active => {
                self.set("guard_min_customers", 25).await;
                self.person("dora@example.com");
                assert_eq!(self.advance(Start::default(), true).await, Status::Wait);
            }
            Scene::Newcomer => self.person("erin@example.com"),
            Scene::Over => {
                // What an operator did is seen by then.
                self.site.world.clock.advance(Duration::from_mins(1));
                while system.resegment(Event::default()).await.unwrap().status != Status::Idle {
                    self.work().await;
                }
            }
            Scene::Worked => self.work().await,
            Scene::Letter => {
                let message = Message::new(Subject::Customer(self.ann), Cause::Order, now);
                self.site.bury(&message).await;
            }
            Scene::ForeignLetter => self.site.add_foreign_letter(),
            Scene::LostSubscription => {
                let lost = self.site.world.shopify.subscriptions().remove(0);
                self.site.world.shopify.remove_subscription(&lost.id).unwrap();
            }
            Scene::UnknownPin => {
                let to = PinnedTo::Segment("gold".parse().unwrap());
                let pin = Pin { to, reason: "by marketing".parse().unwrap(), since: now };
                system.customers().pin(self.ann, Some(&pin), 0, now).await.unwrap();
            }
        }
    }

    /// Runs a command line, and has it end as it should.
    async fn play(&mut self, text: &str, how: How) {
        let mut text = text.replace(CUSTOMER, &self.ann.to_string());
        for placeholder in RUNS.into_iter().filter(|_| self.run.is_some()) {
            text = text.replace(placeholder, self.run.as_ref().unwrap().as_str());
        }
        let mut arguments = words(&text);
        match how {
            How::Ends(exit) => {
                // There is no terminal, and nobody to be asked.
                if arguments[0] == "setup" && !text.contains("--dry-run") {
                    arguments.push("--yes".to_owned());
                }
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                let output = ended(self.site.anywhere(&arguments)).await;
                let told = format!("{}{}", stdout(&output), stderr(&output));
                assert_eq!(code(&output), exit, "{text} ({:?}): {told}", self.site.kind);
            }
            How::Serves => {
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                let serving = Serving::of(self.site.anywhere(&arguments)).await;
                let (exit, said) = serving.stop().await;
                assert_eq!(exit, Some(0), "{text}: {said}");
            }
            How::Watches => {
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                let watching = ended(self.site.anywhere(&arguments));
                let over = async {
                    while !self.site.was_asked_for_the_depth() {
                        tokio::task::yield_now().await;
                    }
                    self.enter(Scene::Over).await;
                };
                let (output, ()) = tokio::join!(watching, over);
                assert_eq!(code(&output), 0, "{text}: {}{}", stdout(&output), stderr(&output));
            }
            How::Elsewhere(..) => unreachable!("it is run elsewhere: {text}"),
        }
        let needs = self.site.take_needs();
        self.needs.entry(scripts::command(&arguments)).or_default().extend(needs);
    }
}

/// Runs a command and waits for its end. It ends with the test, too: documents are played side by side.
async fn ended(command: std::process::Command) -> Output {
    let arguments = schemas::arguments_of(&command);
    let mut command = tokio::process::Command::from(command);
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap();
    schemas::hold(&arguments, &output);
    output
}

fn new_book() -> String {
    blocks(RULES, "toml").into_iter().find(|it| it.starts_with("# new-book.toml")).unwrap()
}

/// Plays a document. Each line says which system it is about.
async fn play(docs: &str, script: &[Line], stack: &mut Town, mut local: Option<&mut Town>) {
    let lines: Vec<&str> = script.iter().map(|line| line.text).collect();
    assert_eq!(commands(docs), lines, "what is documented is what is run");
    for line in script {
        let is_about_the_stack = line.text.contains("--stack ");
        let town = if is_about_the_stack { Some(&mut *stack) } else { local.as_deref_mut() };
        if let How::Elsewhere(place, words) = line.how {
            assert!(place.contains(words), "{} is not run elsewhere", line.text);
            continue;
        }
        let town = town.unwrap_or_else(|| panic!("{} is about a local store", line.text));
        step(town, line, line.text).await;
    }
}

async fn step(town: &mut Town, line: &Line, text: &str) {
    for scene in line.before {
        town.enter(*scene).await;
    }
    let _ = town.site.take_needs();
    town.play(&text.replace("127.0.0.1:8080", "127.0.0.1:0"), line.how).await;
}

/// Plays a document as if all of it were about one system.
pub(crate) async fn play_on(town: &mut Town, docs: &str, script: &[Line]) {
    let lines: Vec<&str> = script.iter().map(|line| line.text).collect();
    assert_eq!(commands(docs), lines, "what is documented is what is run");
    for line in script {
        let text = line.text.replace(NAMED, "");
        let takes_a_file_alone = ["rules check", "rules show"].iter().any(|it| text.contains(it));
        let text = match town.site.kind {
            Kind::Stack if !takes_a_file_alone => text + NAMED,
            _ => text,
        };
        step(town, line, &text).await;
    }
}

/// What the towns' commands needed, together.
fn together(towns: impl IntoIterator<Item = Town>) -> BTreeMap<String, BTreeSet<Need>> {
    let mut all = BTreeMap::<_, BTreeSet<_>>::new();
    for (command, needs) in towns.into_iter().flat_map(|town| town.needs.clone()) {
        all.entry(command).or_default().extend(needs);
    }
    all
}

#[tokio::test]
async fn every_command_of_the_documents_does_what_they_say_with_the_rights_that_are_listed() {
    // Each document has its own systems, so none waits for another.
    let operations = async {
        let mut at_work = Town::at_work(Kind::Stack).await;
        play(OPERATIONS, scripts::OPERATIONS, &mut at_work, None).await;
        at_work
    };
    let readme = async {
        let mut first = Town::bare(Kind::Stack).await;
        let mut local = Town::at_work(Kind::Local).await;
        play(README, scripts::README, &mut first, Some(&mut local)).await;
        first
    };
    let services = async {
        let (mut shop, mut local) = (Town::bare(Kind::Stack).await, Town::bare(Kind::Local).await);
        play(SHOPIFY, scripts::SHOPIFY, &mut shop, Some(&mut local)).await;
        let mut org = Town::bare(Kind::Stack).await;
        play(OKTA, scripts::OKTA, &mut org, None).await;
        [shop, org]
    };
    let books = async {
        let mut books = Town::at_work(Kind::Stack).await;
        play_on(&mut books, RULES, scripts::RULES).await;
        for line in scripts::UNWRITTEN {
            step(&mut books, line, line.text).await;
        }
        books
    };
    let (operations, readme, [shop, org], books) =
        tokio::join!(operations, readme, services, books);
    let mut needed = together([operations, readme, shop, org, books]);
    // What looks at a file alone takes no stack.
    needed.retain(|_, needs| !needs.is_empty());
    let mut listed = documented(OPERATIONS);
    for (command, needs) in &needed {
        assert_eq!(listed.remove(command).as_ref(), Some(needs), "{command}");
    }
    assert!(listed.is_empty(), "no such command was run: {listed:?}");
}

#[tokio::test]
async fn what_operations_says_of_a_stack_holds_for_a_local_store() {
    let mut town = Town::at_work(Kind::Local).await;
    play_on(&mut town, OPERATIONS, scripts::OPERATIONS).await;
}

/// The documents whose commands are run here, and those of the others with what runs them.
#[test]
fn no_other_document_shows_a_command_that_nothing_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let files = [&root, &root.join("docs")].map(|folder| std::fs::read_dir(folder).unwrap());
    let files = files.into_iter().flatten().map(|file| file.unwrap().path());
    let mut documents = 0;
    for file in files.filter(|file| file.extension().is_some_and(|it| it == "md")) {
        let shown = commands(&std::fs::read_to_string(&file).unwrap());
        documents += 1;
        let run: &[&str] = match file.file_name().unwrap().to_str().unwrap() {
            "README.md" | "operations.md" | "rules.md" | "shopify.md" | "okta.md" => continue,
            // The tests in simulators.rs.
            "local.md" => &["segments simulators"],
            // The step `demo` of .ci/run.
            "CONTRIBUTING.md" => &["segments demo"],
            _ => &[],
        };
        assert_eq!(shown, run, "{}", file.display());
    }
    assert!(documents > 10, "{documents}");
}
