//! Each rule of the catalog, kept and broken. A constraint that has no row here is a failure.

use super::*;

/// Constraint or choices; answers that keep it, and answers that break it.
const TABLE: [(&str, &str, &str); 47] = [
    (
        "residence open_to_after_open_from",
        "open_from=2026-01-01 open_to=2026-01-01",
        "open_from=2026-01-02 open_to=2026-01-01",
    ),
    (
        "residence notice_before_open_to",
        "notice_date=2026-01-01 open_to=2026-04-01",
        "notice_date=2026-04-02 open_to=2026-04-01",
    ),
    (
        "residence ivo_before_open_from",
        "residence_type=RES-HVB ivo_valid_from=2026-01-01 open_from=2026-01-01",
        "residence_type=RES-STB ivo_valid_from=2026-01-02 open_from=2026-01-01",
    ),
    (
        "residence reviews_before_open",
        "status=open external_reviews/A/outcome=approved_with_conditions external_reviews/B/question=vad",
        "status=open external_reviews/B/outcome=pending",
    ),
    ("residence dwelling_number_four", "dwelling_number=a102", "dwelling_number=a10"),
    (
        "residence rooms_within_area",
        "total_area_m2=20.5 rooms/A/area_m2=12.5 rooms/B/area_m2=8",
        "total_area_m2=20.4 rooms/A/area_m2=12.5 rooms/B/area_m2=8.0",
    ),
    (
        "residence persons_within_rooms",
        "max_persons=9 room_count=2 rooms/A/kind=flat rooms/A/max_persons=4",
        "max_persons=5 room_count=1 rooms/A/kind=flat rooms/A/max_persons=4",
    ),
    ("residence persons_per_toilet", "max_persons=20 toilets=2", "max_persons=21 toilets=2"),
    ("residence persons_per_shower", "max_persons=30 showers=2", "max_persons=31 showers=2"),
    (
        "residence/rooms area_for_persons",
        "rooms/A/kind=bedroom rooms/A/max_persons=3 rooms/A/area_m2=12.0",
        "rooms/A/kind=flat rooms/A/max_persons=3 rooms/A/area_m2=11.9",
    ),
    (
        "residence/rooms six_single_adults",
        "rooms/A/kind=bedroom rooms/A/sex_rule=men rooms/A/max_persons=6",
        "rooms/A/kind=bedroom rooms/A/sex_rule=women rooms/A/max_persons=7",
    ),
    (
        "residence/rooms four_children",
        "rooms/A/sex_rule=children rooms/A/max_persons=4",
        "rooms/A/sex_rule=children rooms/A/max_persons=5",
    ),
    (
        "residence/rooms height_to_sleep",
        "rooms/A/kind=bedroom rooms/A/height_m=2.1",
        "rooms/A/kind=studio rooms/A/height_m=2.09",
    ),
    (
        "residence/occupancy to_after_from",
        "occupancy/A/from_date=2026-01-01 occupancy/A/to_date=2026-01-01",
        "occupancy/A/from_date=2026-01-02 occupancy/A/to_date=2026-01-01",
    ),
    (
        "residence/occupancy/bed choices",
        "occupancy/A/room=ra occupancy/A/bed=bbbbbbbbbbbbbbba beds/B/room=ra",
        "occupancy/A/room=ra occupancy/A/bed=bbbbbbbbbbbbbbba beds/B/room=rb",
    ),
    (
        "residence/keys lost_of_handed_out",
        "keys/A/handed_out/x=2 keys/A/lost/y=2",
        "keys/A/handed_out/x=1 keys/A/lost/y=2",
    ),
    (
        "residence/visits ended_after_started",
        "visits/A/started_at=1000 visits/A/ended_at=1000",
        "visits/A/started_at=1000 visits/A/ended_at=999",
    ),
    (
        "residence/visits out_after_planned",
        "visits/A/planned_at=1000 visits/A/expected_out=2000",
        "visits/A/planned_at=1000 visits/A/expected_out=500",
    ),
    (
        "case closed_after_opened",
        "state=closed opened_on=2026-01-01 closed_on=2026-01-01",
        "state=closing opened_on=2026-01-02 closed_on=2026-01-01",
    ),
    (
        "case/persons registered_after_birth",
        "persons/A/birth_date=2026-01-01 persons/A/population_registered_on=2026-02-01",
        "persons/A/birth_date=2026-03-01 persons/A/population_registered_on=2026-02-01",
    ),
    (
        "case/persons died_after_birth",
        "persons/A/birth_date=1950-01-01 persons/A/died_on=2026-02-01",
        "persons/A/birth_date=2026-03-01 persons/A/died_on=2026-02-01",
    ),
    (
        "case/persons member_to_after_from",
        "persons/A/member_from=2026-01-01 persons/A/member_to=2026-02-01",
        "persons/A/member_from=2026-03-01 persons/A/member_to=2026-02-01",
    ),
    (
        "case/persons two_numbers",
        "persons/A/personal_number=19900526-2382 persons/A/coordination_number=19870687-2382",
        "persons/A/personal_number=19870687-2382 persons/A/coordination_number=19870687-2382",
    ),
    (
        "case/persons number_of_register",
        "persons/A/coordination_number=19820083-2387",
        "persons/A/coordination_number=19900526-2382",
    ),
    ("case/persons lma_form", "persons/A/lma_number=99-123456/1", "persons/A/lma_number=99-123456"),
    (
        "case/persons lma_of_file",
        "persons/A/lma_number=99-123456/1 persons/A/dossier_number=99-123456",
        "persons/A/lma_number=99-123456/1 persons/A/dossier_number=99-123457",
    ),
    ("case/persons own_field", "persons/A/reserve_number=X1", "persons/A/reserve_number=99-123456"),
    (
        "case/intakes examined_or_declined",
        "intakes/A/exam_offered=true intakes/A/exam_declined=false intakes/A/exam_done_on=2026-01-01",
        "intakes/A/exam_offered=true intakes/A/exam_declined=true intakes/A/exam_done_on=2026-01-01",
    ),
    ("case/intakes rent_not_below_zero", "intakes/A/rent_share=0", "intakes/A/rent_share=-0.01"),
    (
        "case/tasks remind_before_due",
        "tasks/A/due=2026-01-02 tasks/A/remind=2026-01-02",
        "tasks/A/due=2026-01-02 tasks/A/remind=2026-01-03",
    ),
    (
        "case/visits ended_after_started",
        "visits/A/started_at=1000 visits/A/ended_at=1000",
        "visits/A/started_at=1000 visits/A/ended_at=999",
    ),
    (
        "case/visits out_after_planned",
        "visits/A/planned_at=1000 visits/A/expected_out=2000",
        "visits/A/planned_at=1000 visits/A/expected_out=500",
    ),
    (
        "case/visit_present left_after_arrived",
        "visit_present/A/arrived=1 visit_present/A/left=2",
        "visit_present/A/arrived=2 visit_present/A/left=1",
    ),
    (
        "case/placements to_after_from",
        "placements/A/from_date=2026-01-01 placements/A/to_date=2026-01-02",
        "placements/A/from_date=2026-01-03 placements/A/to_date=2026-01-02",
    ),
    (
        "case/family_links/to_person choices",
        "family_links/A/person=aaaaaaaaaaaaaaaa family_links/A/to_person=bbbbbbbbbbbbbbba persons/A/given=X persons/B/given=Y",
        "family_links/A/person=aaaaaaaaaaaaaaaa family_links/A/to_person=aaaaaaaaaaaaaaaa persons/A/given=X persons/B/given=Y",
    ),
    (
        "case/not_duplicates/other choices",
        "not_duplicates/A/person=aaaaaaaaaaaaaaaa not_duplicates/A/other=bbbbbbbbbbbbbbba persons/A/given=X persons/B/given=Y",
        "not_duplicates/A/person=aaaaaaaaaaaaaaaa not_duplicates/A/other=aaaaaaaaaaaaaaaa persons/A/given=X persons/B/given=Y",
    ),
    (
        "run arrived_after_assigned",
        "assigned_on=2026-01-01 arrived_on=2026-01-02",
        "assigned_on=2026-01-03 arrived_on=2026-01-02",
    ),
    (
        "run final_after_served",
        "served_on=2026-01-01 final_on=2026-01-22",
        "served_on=2026-02-01 final_on=2026-01-22",
    ),
    (
        "run moves_out_after_notice",
        "notice_on=2026-01-01 moves_out_on=2026-04-01",
        "notice_on=2026-04-02 moves_out_on=2026-04-01",
    ),
    (
        "run contract_to_after_from",
        "contract_from=2026-01-01 contract_to=2027-01-01",
        "contract_from=2027-01-02 contract_to=2027-01-01",
    ),
    (
        "deficiencies/deficiencies deadline_after_found",
        "deficiencies/A/found_on=2026-01-01 deficiencies/A/deadline=2026-01-01",
        "deficiencies/A/found_on=2026-01-02 deficiencies/A/deadline=2026-01-01",
    ),
    (
        "deficiencies/deficiencies deadline_by_severity",
        "deficiencies/A/severity=S2 deficiencies/A/found_on=2026-02-27 deficiencies/A/deadline=2026-03-02",
        "deficiencies/A/severity=S2 deficiencies/A/found_on=2026-02-27 deficiencies/A/deadline=2026-03-03",
    ),
    (
        "deficiencies/deficiencies landlord_told_after_found",
        "deficiencies/A/found_on=2026-01-01 deficiencies/A/landlord_notified_on=2026-01-01",
        "deficiencies/A/found_on=2026-01-02 deficiencies/A/landlord_notified_on=2026-01-01",
    ),
    (
        "deficiencies/deficiencies cost_not_below_zero",
        "deficiencies/A/cost=10.5",
        "deficiencies/A/cost=-10.5",
    ),
    (
        "deficiencies/deficiencies/duplicate_of choices",
        "deficiencies/A/duplicate_of=bbbbbbbbbbbbbbba deficiencies/B/title=X",
        "deficiencies/A/duplicate_of=aaaaaaaaaaaaaaaa deficiencies/B/title=X",
    ),
    (
        "journal/notes signed_after_event",
        "notes/A/occurred_at=1 notes/A/signed_at=2",
        "notes/A/occurred_at=3 notes/A/signed_at=2",
    ),
    (
        "journal/notes assessment_said_so",
        "notes/A/kind=assessment notes/A/is_assessment=true",
        "notes/A/kind=assessment notes/A/is_assessment=false",
    ),
];

#[test]
fn every_constraint_is_kept_by_what_fits_and_broken_by_what_does_not() {
    for (rule, fits, breaks) in TABLE {
        let kind = rule.split([' ', '/']).next().unwrap();
        let of_list = |rules: Vec<String>| rules.into_iter().filter(|one| one == rule).count();
        assert_eq!(of_list(broken(kind, fits)), 0, "{rule}: {fits}");
        assert_eq!(of_list(broken(kind, breaks)), 1, "{rule}: {breaks}");
        // Whatever is missing breaks nothing.
        for gone in 0..breaks.split(' ').count() {
            let mut left: Vec<&str> = breaks.split(' ').collect();
            left.remove(gone);
            if !left.iter().any(|one| one.contains("=-") || one.ends_with("=a10")) {
                let found = of_list(broken(kind, &left.join(" ")));
                let needs_one = ["choices", "persons_within_rooms", "lost_of_handed_out"]
                    .iter()
                    .any(|name| rule.ends_with(name));
                assert!(found == 0 || needs_one, "{rule}: {left:?}");
            }
        }
    }
}

#[test]
fn every_rule_of_the_catalog_has_its_row() {
    let mut rules = Vec::new();
    for kind in &Catalog::builtin().package().kinds {
        let lists = kind.entry_lists.iter();
        let lists =
            lists.map(|list| (format!("{}/{}", kind.id, list.id), &list.fields, &list.constraints));
        for (owner, fields, constraints) in
            [(kind.id.clone(), &kind.fields, &kind.constraints)].into_iter().chain(lists)
        {
            rules.extend(constraints.iter().map(|one| format!("{owner} {}", one.id)));
            let chosen = fields.iter().filter(|field| field.choices.is_some());
            rules.extend(chosen.map(|field| format!("{owner}/{} choices", field.id)));
        }
    }
    rules.retain(|rule| !TABLE.iter().any(|(known, ..)| known == rule));
    assert_eq!(rules, ["journal/notes/source choices"], "add a row for each");
}

#[test]
fn a_childs_own_voice_comes_from_the_child() {
    let found = outcome("journal", "notes/A/kind=child_voice notes/A/source=guardian");
    let choices = asked(&found, "notes/A/source").choices.clone().unwrap();
    assert_eq!(choices, ["child", "own_observation"]);
    assert_eq!(found.broken[0].rule, "journal/notes/source choices");
    assert!(broken("journal", "notes/A/kind=child_voice notes/A/source=child").is_empty());
    let found = outcome("journal", "notes/A/kind=phone notes/A/source=guardian");
    assert_eq!(asked(&found, "notes/A/source").choices.as_ref().unwrap().len(), 7);
    assert!(found.broken.is_empty());
}

#[test]
fn only_beds_of_the_room_are_offered() {
    let text = "occupancy/A/room=ra beds/A/room=ra beds/B/room=rb";
    assert_eq!(asked(&outcome("residence", text), "occupancy/A/bed").choices.clone().unwrap(), [A]);
    let text = "occupancy/A/display=X beds/A/room=ra beds/B/room=rb";
    assert_eq!(
        asked(&outcome("residence", text), "occupancy/A/bed").choices.clone().unwrap(),
        [A, B],
        "what is not known excludes nothing"
    );
}

#[test]
fn what_is_calculated_follows_the_answers() {
    let cases = [
        (
            "residence",
            "rooms/A/kind=bedroom rooms/A/area_m2=12.0",
            "rooms/A/persons_by_area",
            Some(Value::Int(3)),
        ),
        (
            "residence",
            "rooms/A/kind=flat rooms/A/area_m2=11.6",
            "rooms/A/persons_by_area",
            Some(Value::Int(2)),
        ),
        ("residence", "rooms/A/kind=kitchen rooms/A/area_m2=11.6", "rooms/A/persons_by_area", None),
        (
            "residence",
            "rooms/A/area_m2=11.6 rooms/B/area_m2=0.5",
            "rooms_area_m2",
            Some(Value::text("12.1")),
        ),
        ("residence", "rooms/A/label=x", "rooms_area_m2", None),
        ("residence", "max_persons=20 toilets=3", "persons_per_toilet", Some(Value::text("6.7"))),
        ("residence", "max_persons=20 toilets=0", "persons_per_toilet", None),
        ("residence", "max_persons=20 showers=8", "persons_per_shower", Some(Value::text("2.5"))),
        (
            "residence",
            "headcounts/A/adults=3 headcounts/A/children=4",
            "headcounts/A/persons",
            Some(Value::Int(7)),
        ),
        ("residence", "headcounts/A/adults=3", "headcounts/A/persons", None),
    ];
    for (kind, text, key, wanted) in cases {
        assert_eq!(asked(&outcome(kind, text), key).calculated, wanted, "{text}");
    }
}

#[test]
fn what_is_needed_depends_on_the_answers_and_never_on_what_does_not_matter() {
    let cases = [
        ("case", "state=active", "closed_on", [false, false, false]),
        ("case", "state=closing", "closed_on", [true, true, true]),
        ("case", "state=closing closed_on=2026-01-01", "closed_on", [true, true, false]),
        ("case", "state=active closed_on=2026-01-01", "closed_on", [false, false, false]),
        ("case", "legal_hold=true", "legal_hold_reason", [true, true, true]),
        ("case", "legal_basis/SETTLEMENT=true", "legal_basis", [true, true, false]),
        ("case", "state=active", "legal_basis", [true, true, true]),
        ("case", "state=active", "phone", [true, false, false]),
        ("run", "item/A/due_override=2026-01-01", "item/A/due_reason", [true, true, true]),
        ("run", "item/A/status=ok", "item/A/due_reason", [true, false, false]),
        (
            "deficiencies",
            "deficiencies/A/severity=S1",
            "deficiencies/A/interim_measure",
            [true, true, true],
        ),
        (
            "deficiencies",
            "deficiencies/A/severity=S3",
            "deficiencies/A/interim_measure",
            [false, false, false],
        ),
        ("deficiencies", "deficiencies/A/cost=1", "deficiencies/A/invoice_to", [true, true, true]),
        ("journal", "notes/A/source=relative", "notes/A/source_name", [true, true, true]),
        ("journal", "notes/A/source=person", "notes/A/source_name", [true, false, false]),
        (
            "case",
            "intakes/A/person=aaaaaaaaaaaaaaaa intakes/A/started_on=2026-01-01 persons/A/birth_date=2008-01-02",
            "intakes/A/child_needs",
            [true, true, true],
        ),
        (
            "case",
            "intakes/A/person=aaaaaaaaaaaaaaaa intakes/A/started_on=2026-01-01 persons/A/birth_date=2008-01-01",
            "intakes/A/child_needs",
            [true, false, false],
        ),
        (
            "case",
            "intakes/A/immediate_needs/other=true",
            "intakes/A/need_other",
            [true, false, false],
        ),
        (
            "case",
            "intakes/A/immediate_needs/food=true",
            "intakes/A/need_other",
            [false, false, false],
        ),
    ];
    for (kind, text, key, wanted) in cases {
        let found = outcome(kind, text);
        let asked = asked(&found, key);
        assert_eq!([asked.relevant, asked.required, asked.missing], wanted, "{key}: {text}");
    }
}

#[test]
fn a_constraint_of_a_field_that_does_not_matter_is_not_broken() {
    let text = "state=active opened_on=2026-01-02 closed_on=2026-01-01";
    assert!(broken("case", text).is_empty());
}

#[test]
fn every_outcome_names_its_rule_and_the_answers_it_rests_on() {
    let found = outcome("case", "state=closing");
    let asked = asked(&found, "closed_on");
    assert_eq!(asked.reasons[0].rule, "case/closed_on relevant");
    let fact = &asked.reasons[0].facts[0];
    assert_eq!((fact.path.as_str(), &fact.value), ("state", &Some(Value::text("closing"))));
    let waits = found.unclear.iter().find(|one| one.rule == "case closed_after_opened").unwrap();
    assert_eq!((waits.why, waits.facts.len()), (Why::Empty, 2));
}
