use simulators::Webhook;
use webhook::Answer;

use super::*;

#[tokio::test]
async fn every_scenario_ends_as_it_must() {
    let stage = Stage::set().await.unwrap();
    let scenes = play::all(&stage).await.unwrap();
    assert_eq!(view::wrong(&scenes), "");
    assert_eq!(scenes.len(), 9);
}

#[tokio::test]
async fn the_table_fits_a_hundred_columns() {
    let stage = Stage::set().await.unwrap();
    let scenes = play::all(&stage).await.unwrap();
    let table = view::table(&scenes, Style::of_stdout());
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
}

#[tokio::test]
async fn a_scenario_that_ends_otherwise_is_named() {
    let stage = Stage::set().await.unwrap();
    let mut scene = Scene::begin("A webhook without a signature", stage.now());
    let (_, webhook) = stage.world.shopify.place_order(stage.ann.customer, 1.into()).unwrap();
    let unsigned: Webhook = webhook.without_header("x-shopify-hmac-sha256");
    stage.take(&mut scene, &[unsigned]).await.unwrap();
    scene.must_answer(Answer::Queued(1));
    let wrong = view::wrong(&[scene]);
    assert!(wrong.contains("scenario 1") && wrong.contains("every answer is 200"), "{wrong}");
}

#[tokio::test]
async fn every_run_of_the_second_act_ends_as_it_must_and_fits_a_hundred_columns() {
    let stage = Stage::set().await.unwrap();
    let mut shown = Vec::new();
    let show = |chapter: &Chapter| shown.push(view::chapter(chapter, 1, Style::of_stdout()));
    let chapters = whole_shop::all(&stage, show).await.unwrap();
    let scenes: Vec<Scene> = chapters.into_iter().map(|chapter| chapter.scene).collect();
    assert_eq!(view::wrong(&scenes), "");
    assert_eq!((scenes.len(), shown.len()), (5, 5));
    let shown = shown.join("\n");
    assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
}
