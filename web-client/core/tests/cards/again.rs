//! Said once more, said by two who do not know of each other, and of cards with no other name.

use ankomst_shared::app::Refusal;

use super::*;

#[test]
fn who_is_somebody_already_takes_that_one_along() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let home = case(&core, "Familjen Noor");
    let [one, two, three] =
        ["Noor", "Nour", "Nur"].map(|name| card(&core, home, &[("given", name)]));
    joins(&core, (home, &one), &two);
    joins(&core, (home, &one), &three);
    assert_eq!(titles(&page(&core, &format!("/arenden/{home}")), "persons"), ["Nur"]);
    let cards = lines(&page(&core, &format!("/arenden/{home}/persons/{three}")), "cards");
    assert_eq!(cards.len(), 2, "what was said first still holds");
}

#[test]
fn a_card_that_was_removed_meanwhile_is_nobody() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let home = case(&core, "Familjen Noor");
    let [one, two] = ["Noor", "Nour"].map(|name| card(&core, home, &[("given", name)]));
    let shown = page(&core, &format!("/arenden/{home}/persons/{one}/lika"));
    let offered = named(&lines(&shown, "everybody")[0].actions, "same").act.clone();
    let gone = Act::Remove { document: home, list: "persons".to_owned(), entry: one };
    made(&core, gone, &[("reason", "fel person")]);
    let reason = vec![("reason".to_owned(), Value::text("Samma."))];
    let told = ask(&core, Command::Act(offered, reason));
    assert_eq!(told, Reply::Refused(Refusal::NotHere));
    assert_eq!(titles(&page(&core, &format!("/arenden/{home}")), "persons"), ["Nour"]);
    assert_eq!(noted(&core, home), Vec::<String>::new(), "{two}");
}

/// Two cards so much alike that the program asks.
fn alike(core: &Core<Desk>) -> (DocumentId, [String; 2]) {
    let home = case(core, "Familjen Bashir");
    let answers = [("given", "Hanan"), ("family", "Bashir"), ("birth_date", "2017-03-01")];
    (home, [card(core, home, &answers), card(core, home, &answers)])
}

#[test]
fn who_was_taken_apart_is_not_asked_about_again() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let (home, [one, two]) = alike(&core);
    assert_eq!(noted(&core, home).len(), 1);
    joins(&core, (home, &one), &two);
    let apart = page(&core, &format!("/arenden/{home}/persons/{one}/kort"));
    says(&core, named(&apart.actions, "apart"), "Kusiner.");
    assert_eq!(noted(&core, home), Vec::<String>::new());
    let alike = page(&core, "/lika");
    assert!(!alike.parts.iter().any(|part| part.title.starts_with("1.")), "{alike:?}");
    types(&core, home, &format!("persons/{one}/phone"), "070-174 06 05");
    assert_eq!(noted(&core, home), Vec::<String>::new(), "nor after an edit");
}

#[test]
fn one_says_that_they_are_one_and_another_that_they_are_two() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let (home, [one, two]) = alike(&core);
    let pair = page(&core, "/lika").parts.into_iter().find(|part| part.title.starts_with("1."));
    let not_same = named(&pair.unwrap().actions, "not-same").act.clone();
    joins(&core, (home, &one), &two);
    assert_eq!(noted(&core, home), Vec::<String>::new());
    // Said on a page from before.
    made(&core, not_same, &[]);
    let notes = noted(&core, home);
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].contains("Hanan Bashir"), "{notes:?}");
    let apart = page(&core, &format!("/arenden/{home}/persons/{one}/kort"));
    says(&core, named(&apart.actions, "apart"), "Kusiner.");
    assert_eq!(noted(&core, home), Vec::<String>::new());
    // Who joins them now knows of it.
    joins(&core, (home, &one), &two);
    assert_eq!(noted(&core, home), Vec::<String>::new());
}

#[test]
fn whom_only_the_own_script_names_is_called_by_it() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let home = case(&core, "Familjen Haddad");
    let answers = [("native_name", "محمد حداد"), ("birth_date", "1990-05-03")];
    let one = card(&core, home, &answers);
    let name = "محمد حداد\u{200e}";
    let people = lines(&page(&core, &format!("/arenden/{home}")), "persons");
    assert_eq!(people[0].title, name);
    assert_eq!(people[0].detail, "\u{200e}1990-05-03", "and is not named twice");
    assert_eq!(found(&core, "Mohammed"), [name]);
    let task = added(&core, home, "tasks");
    // It is about the only one there is.
    let about = page(&core, &format!("/arenden/{home}/tasks/{task}"));
    assert_eq!(field(&about, "form", "/about").text, name);
    let two = card(&core, home, &[("given", "Omid")]);
    joins(&core, (home, &one), &two);
    let cards = titles(&page(&core, &format!("/arenden/{home}/persons/{two}")), "cards");
    // A number behind it is read from the left.
    assert!(cards[0].starts_with(&[name, " · T-"].concat()), "{cards:?}");
    types(&core, home, &format!("persons/{one}/given"), "Mohammed");
    let people = titles(&page(&core, &format!("/arenden/{home}/persons/{two}")), "cards");
    assert!(people[0].starts_with("Mohammed · T-"), "{people:?}");
}

#[test]
fn a_house_knows_the_initials_of_whom_only_the_own_script_names() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let home = case(&core, "Familjen Haddad");
    let one = card(&core, home, &[("native_name", "محمد حداد")]);
    let house = house(&core, "Almgården", &[(home, &one)]);
    let shown = page(&core, &format!("/boenden/{house}"));
    let board = shown.parts.iter().find(|part| part.key == "board");
    let Some(Body::Board(board)) = board.map(|part| &part.body) else { panic!("no board") };
    let placed = &board[0].1[0];
    assert_eq!(placed.title, "محمد حداد\u{200e}");
    let form = page(&core, &format!("/boenden/{house}/occupancy/{}", placed.key));
    assert_eq!(field(&form, "form", "/display").text, "م.ح", "all that an inspector sees");
}
