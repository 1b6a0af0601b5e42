use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use state::Outcome;

use crate::harness::{NEW, Shop, VIP, held, nothing, outcomes};

#[tokio::test]
async fn without_a_group_id_nothing_is_written_until_there_is_one() {
    let shop = Shop::unresolved().await;
    let ann = shop.person("ann@example.com");
    shop.order(ann.customer, "45.50").await;
    assert_eq!(outcomes(&shop.settle().await)[0], Outcome::GroupWithoutId);
    assert_eq!(shop.held(&ann.user), nothing());
    shop.refresh_groups().await;
    shop.buys(&ann, "600").await;
    assert_eq!(shop.held(&ann.user), held(VIP, "645.5", 2));
}

#[tokio::test]
async fn a_group_that_is_gone_keeps_the_customer_where_they_are() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    shop.world.okta.delete_group(&shop.group(VIP)).unwrap();
    shop.order(ann.customer, "600").await;
    assert_eq!(outcomes(&shop.settle().await)[0], Outcome::GroupGone);
    assert_eq!(shop.held(&ann.user), held(NEW, "645.5", 2));
    assert_eq!(shop.segment(ann.customer).await.unwrap().as_str(), "new");
    assert!(shop.system.queue().dead_letters().is_empty());
}

#[tokio::test]
async fn a_group_that_a_rule_fills_is_neither_joined_nor_left() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    let rule = shop.world.okta.add_rule("newcomers", &[shop.group(NEW)], true);
    shop.refresh_groups().await;
    shop.buys(&ann, "600").await;
    assert!(shop.world.okta.rule_exclusions(&rule).is_empty());
    let groups = shop.held(&ann.user).groups;
    assert!(groups.contains(&VIP.to_owned()) && groups.contains(&NEW.to_owned()), "{groups:?}");

    let ben = shop.person("ben@example.com");
    shop.order(ben.customer, "45.50").await;
    assert_eq!(outcomes(&shop.settle().await)[0], Outcome::GroupRuleManaged);
    assert_eq!(shop.held(&ben.user), nothing());
}

#[tokio::test]
async fn a_group_that_a_rule_filled_for_a_while_is_left_once_no_rule_does() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let order = shop.buys(&ann, "600").await;
    let rule = shop.world.okta.add_rule("big spenders", &[shop.group(VIP)], true);
    shop.refresh_groups().await;
    shop.world.shopify.update_order(order, "20".parse().unwrap()).unwrap();
    let update = shop.set_email(ann.customer, Some("ANN@example.com"));
    shop.deliver(&update).await;
    assert_eq!(outcomes(&shop.settle().await), [Outcome::Applied]);
    assert_eq!(shop.held(&ann.user).groups, [NEW, VIP]);
    assert!(shop.world.okta.rule_exclusions(&rule).is_empty());

    shop.world.okta.set_rule_active(&rule, false);
    shop.refresh_groups().await;
    shop.deliver(&shop.set_email(ann.customer, Some("ann@example.com"))).await;
    assert_eq!(outcomes(&shop.settle().await), [Outcome::Applied]);
    assert_eq!(shop.held(&ann.user), held(NEW, "20", 1));
}

#[tokio::test]
async fn money_in_another_currency_is_an_outcome_and_no_guess() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    let euro = "EUR".parse().unwrap();
    shop.world.shopify.set_customer_currency(ann.customer, euro).unwrap();
    shop.order(ann.customer, "600").await;
    assert_eq!(outcomes(&shop.settle().await)[0], Outcome::OtherCurrency);
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
}

#[tokio::test]
async fn a_group_renamed_in_okta_goes_on_being_used() {
    let shop = Shop::open().await;
    shop.world.okta.rename_group(&shop.group(VIP), "Gold").unwrap();
    shop.refresh_groups().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "600").await;
    assert!(shop.world.okta.group_names_of(&ann.user).contains(&"Gold".to_owned()));
}

#[tokio::test]
async fn the_attributes_are_those_of_the_settings() {
    let shop = Shop::open().await;
    for (setting, name) in
        [("total_spent_attribute", "spent"), ("orders_count_attribute", "orders")]
    {
        shop.world.okta.add_number_attribute(name);
        shop.system.set(setting, AttributeValue::S(name.into())).await.unwrap();
    }
    shop.wait(Duration::from_mins(2));
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    let profile = format!("{:?}", shop.world.okta.profile_of(&ann.user));
    assert!(profile.contains("45.5") && profile.contains("spent"), "{profile}");
}

#[tokio::test]
async fn a_changed_address_is_acted_on_even_without_a_usable_group() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "600").await;
    shop.world.okta.add_rule("gold", &[shop.group(NEW)], true);
    shop.refresh_groups().await;
    let order = shop.world.shopify.orders(ann.customer)[0];
    shop.world.shopify.update_order(order, "20".parse().unwrap()).unwrap();
    shop.deliver(&shop.set_email(ann.customer, Some("nobody@example.com"))).await;
    assert_eq!(outcomes(&shop.settle().await), [Outcome::GroupRuleManaged]);
    assert_eq!(shop.held(&ann.user), nothing());
    assert_eq!(shop.segment(ann.customer).await, None);
}
