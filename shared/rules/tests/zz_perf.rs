//! x
use rules::*;
#[test] fn perf(){
 let mut t="currency=\"USD\"\n".to_owned();
 let mut x:u64=12345;
 let mut r=||{x=x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);(x>>33)%100000};
 for s in 0..MAX_SEGMENTS{ let mut v=vec![]; for _ in 0..MAX_RANGES{ let (a,b)=(r(),r()); let (c,d)=(r(),r());
  v.push(format!("{{spend_at_least={},spend_below={},orders_at_least={},orders_at_most={}}}",a.min(b),a.max(b)+1,c.min(d),c.max(d)));}
  t+=&format!("[[segment]]\nname=\"s{s}\"\nlabel=\"l{s}\"\nokta_group_name=\"g{s}\"\nwhen=[{}]\n",v.join(","));}
 let b=RuleBook::from_toml(&t).unwrap();
 let i=std::time::Instant::now(); let a=Analysis::of(&b); println!("{:?} {} findings",i.elapsed(),a.findings().len());
 println!("{}", serde_json::to_string(&b).unwrap().len());
}
