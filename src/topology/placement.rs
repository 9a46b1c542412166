//! Who hosts what: every module and every role must find exactly one service.

use super::House;
use super::check::{Draft, DraftService, Placed};
use super::error::{Fault, Part, Problem};
use super::nearest::{hint, nearest};

/// Places every module, or every role. Answers what each service hosts, in the order of the draft.
pub(super) fn place(
    part: Part,
    draft: &Draft,
    house: &House,
    problems: &mut Vec<Problem>,
) -> Vec<Vec<&'static str>> {
    let mut placement = Placement { part, house, seen: Vec::new(), meant: Vec::new(), problems };
    let place_in = |service| placement.place_in(service);
    let hosted = draft.services.iter().map(place_in).collect();
    placement.report_missing(draft);
    hosted
}

struct Placement<'draft, 'check> {
    part: Part,
    house: &'check House,
    /// What is hosted so far, by which service, and where that was written.
    seen: Vec<(&'static str, &'draft DraftService, &'draft Placed<String>)>,
    /// What mistyped names were probably meant to be.
    meant: Vec<&'static str>,
    problems: &'check mut Vec<Problem>,
}

impl<'draft> Placement<'draft, '_> {
    fn known(&self) -> &'static [&'static str] {
        match self.part {
            Part::Module => self.house.modules,
            Part::Role => self.house.roles,
        }
    }

    fn place_in(&mut self, service: &'draft DraftService) -> Vec<&'static str> {
        let mut hosted = Vec::new();
        for written in service.listed(self.part) {
            let Some(name) = self.known().iter().copied().find(|known| *known == written.value) else {
                self.refuse(written);
                continue;
            };
            if let Some((_, first_service, first_written)) = self.seen.iter().find(|(seen, ..)| *seen == name)
            {
                self.problems.push(written.problem(Fault::Twice {
                    part: self.part,
                    name: name.to_owned(),
                    first_service: first_service.name.value.clone(),
                    first_place: first_written.place.clone(),
                }));
            } else {
                self.seen.push((name, service, written));
                hosted.push(name);
            }
        }
        hosted
    }

    fn refuse(&mut self, written: &Placed<String>) {
        let name = written.value.clone();
        let (part, known) = (self.part, self.known());
        let (others, belongs_under) = match part {
            Part::Module => (self.house.roles, "roles"),
            Part::Role => (self.house.modules, "modules"),
        };
        let fault = if others.contains(&name.as_str()) {
            Fault::OtherPart { part, name, belongs_under }
        } else {
            self.meant.extend(nearest(&name, known.iter().copied()));
            let hint = hint(&name, known.iter().chain(others).copied());
            Fault::Unknown { part, name, hint, existing: known.join(", ") }
        };
        self.problems.push(written.problem(fault));
    }

    /// A name that was mistyped, or written under the wrong key, is not missing too: one slip, one message.
    fn report_missing(&mut self, draft: &Draft) {
        let (other_part, mend) = match self.part {
            Part::Module => (Part::Role, draft.mend_missing),
            Part::Role => (Part::Module, "add it to the `roles` of one service"),
        };
        for name in self.known().iter().copied() {
            let is_misplaced = |service: &DraftService| {
                service.listed(other_part).iter().any(|written| written.value == name)
            };
            if !self.seen.iter().any(|(seen, ..)| *seen == name)
                && !self.meant.contains(&name)
                && !draft.services.iter().any(is_misplaced)
            {
                let fault = Fault::Missing { part: self.part, name: name.to_owned(), mend };
                self.problems.push(Problem { place: None, fault });
            }
        }
    }
}

impl DraftService {
    fn listed(&self, part: Part) -> &[Placed<String>] {
        match part {
            Part::Module => &self.modules,
            Part::Role => &self.roles,
        }
    }
}
