//! What stands for addresses and users.

use proptest::prelude::*;
use rules::EmailAddress;
use state::{AddressHash, Salt};

fn stored(text: &str) -> AddressHash {
    serde_json::from_value(text.into()).unwrap()
}

fn address(text: &str) -> EmailAddress {
    text.parse().unwrap()
}

proptest! {
    #[test]
    fn a_stored_hash_has_the_tag_of_its_address(
        salt in prop::array::uniform32(any::<u8>()),
        name in "[A-Za-z0-9.+_-]{1,20}",
    ) {
        let salt = Salt::new(std::array::from_fn(|index| salt[index % 32]));
        let address = address(&format!("{name}@Example.com"));
        let written = serde_json::to_string(&salt.hash(&address)).unwrap();
        let hash: AddressHash = serde_json::from_str(&written).unwrap();
        prop_assert_eq!(hash.tag(), Some(salt.address_tag(&address)));
    }

    #[test]
    fn a_tag_is_read_from_hexadecimal_digits_alone(
        digits in "[0-9a-f]{64}",
        place in 0_usize..64,
        other in "[^0-9a-fA-F]",
    ) {
        prop_assert!(stored(&digits).tag().is_some());
        let is_broken = place < 32 || other.len() > 1;
        let text = format!("{}{other}{}", &digits[..place], &digits[place + 1..]);
        prop_assert_eq!(stored(&text).tag().is_none(), is_broken);
    }
}

#[test]
fn addresses_that_differ_in_case_alone_have_one_tag_and_others_do_not() {
    let salt = Salt::new([7; 64]);
    let tag = |text| salt.address_tag(&address(text));
    assert_eq!(tag("Ann@Example.com"), tag("ann@example.COM"));
    assert_ne!(tag("ann@example.com"), tag("ben@example.com"));
    assert_ne!(tag("ann@example.com"), Salt::new([8; 64]).address_tag(&address("ann@example.com")));
}

#[test]
fn what_is_no_hash_has_no_tag() {
    let hash = "ab".repeat(32);
    assert_eq!(stored(&hash).tag(), Some([0xab; 16]));
    for wrong in ["", "ab", &"ab".repeat(16), &"ab".repeat(33), &"zz".repeat(32), &"é".repeat(32)]
    {
        assert_eq!(stored(wrong).tag(), None, "{wrong}");
    }
    let plus = format!("+a{}", &hash[2..]);
    assert_eq!(stored(&plus).tag(), None, "a sign is no digit");
}

#[test]
fn a_users_number_is_its_own_and_the_stacks() {
    let salt = Salt::new([7; 64]);
    let [ann, ben] = ["00u1", "00u2"].map(|id| id.parse().unwrap());
    assert_eq!(salt.user_tag(&ann), salt.user_tag(&ann));
    assert_ne!(salt.user_tag(&ann), salt.user_tag(&ben));
    assert_ne!(salt.user_tag(&ann), Salt::new([8; 64]).user_tag(&ann));
}
