//! The model card: what a person has to say about a model before others rely on it.

use serde::{Deserialize, Serialize};

/// A part of the card that has to be filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    IntendedUse,
    Data,
    Limits,
    Ethics,
    Owner,
}

impl Section {
    pub const ALL: [Self; 5] = [Self::IntendedUse, Self::Data, Self::Limits, Self::Ethics, Self::Owner];

    /// The heading that the template gives it.
    pub fn title(self) -> &'static str {
        match self {
            Self::IntendedUse => "Intended use",
            Self::Data => "Training data",
            Self::Limits => "Limits",
            Self::Ethics => "Ethics",
            Self::Owner => "Owner",
        }
    }

    /// What the template asks there.
    fn prompt(self) -> &'static str {
        match self {
            Self::IntendedUse => "_What is the model for, who uses it, and what must it not be used for?_",
            Self::Data => "_What was it trained on: where from, which period, what was left out?_",
            Self::Limits => "_Where does it work badly, and what happens then?_",
            Self::Ethics => "_Whom can its errors harm, which groups were looked at, what is done about it?_",
            Self::Owner => "_The user name of the person who answers for it._",
        }
    }

    fn of_title(title: &str) -> Option<Self> {
        let title = title.trim().trim_end_matches(['#', ':', ' ', '\t']).to_lowercase();
        Some(match title.as_str() {
            "intended use" => Self::IntendedUse,
            "training data" | "data" => Self::Data,
            "limits" | "limitations" => Self::Limits,
            "ethics" | "ethical considerations" => Self::Ethics,
            "owner" => Self::Owner,
            _ => return None,
        })
    }
}

/// An empty card in Markdown.
pub fn template() -> String {
    let sections = Section::ALL.map(|section| format!("## {}\n\n{}\n", section.title(), section.prompt()));
    sections.join("\n")
}

/// The sections that are absent, blank, or still say what the template says.
pub fn missing(card: &str) -> Vec<Section> {
    Section::ALL.into_iter().filter(|section| text_of(card, *section).is_none()).collect()
}

/// Who answers for the model: the user name that the card's owner section begins with.
pub fn owner(card: &str) -> Option<String> {
    let text = text_of(card, Section::Owner)?;
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    let line = line.trim_start_matches(['-', '*', ' ', '@', '`']);
    let is_of_name = |c: &char| c.is_alphanumeric() || "._-@+".contains(*c);
    let name: String = line.chars().take_while(is_of_name).collect();
    // A name that ends a sentence.
    let name = name.trim_end_matches('.');
    (!name.is_empty()).then(|| name.to_owned())
}

/// What somebody wrote under the section's headings.
fn text_of(card: &str, section: Section) -> Option<String> {
    let card = without_comments(card);
    let mut text = String::new();
    let mut level_inside = None;
    let mut is_code = false;
    for line in card.lines() {
        let trimmed = line.trim();
        is_code ^= trimmed.starts_with("```") || trimmed.starts_with("~~~");
        match heading(line).filter(|_| !is_code) {
            Some((level, title)) => {
                let is_within = level_inside.is_some_and(|inside| level > inside);
                match Section::of_title(title) {
                    Some(named) => level_inside = (named == section).then_some(level),
                    None if is_within => {} // A heading alone says nothing.
                    None => level_inside = None,
                }
            }
            None if level_inside.is_some() => {
                text.push_str(line);
                text.push('\n');
            }
            None => {}
        }
    }
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let is_filled = !text.trim().is_empty() && words(&text) != words(section.prompt());
    is_filled.then_some(text)
}

/// The level and the title of a line that is a heading.
fn heading(line: &str) -> Option<(usize, &str)> {
    let line = line.trim_start();
    let title = line.trim_start_matches('#');
    let level = line.len() - title.len();
    let is_heading = (1..=6).contains(&level) && (title.is_empty() || title.starts_with([' ', '\t']));
    is_heading.then_some((level, title))
}

/// Nobody sees comments, so they say nothing.
fn without_comments(card: &str) -> String {
    let mut text = String::new();
    let mut rest = card;
    while let Some((before, after)) = rest.split_once("<!--") {
        text.push_str(before);
        rest = after.split_once("-->").map_or("", |(_, after)| after);
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FILLED: &str = "# Churn\n\n## Intended use\nCalls.\n\n## Training data\nCRM 2024.\n\n## Limits\n\
        ### Known\nNew customers.\n\n## Ethics\nLooked at age.\n\n## Owner\n\n- @ana.b, since May\n";

    #[test]
    fn a_filled_card_misses_nothing_and_the_template_everything() {
        assert_eq!(missing(FILLED), []);
        assert_eq!(missing(&template()), Section::ALL);
        assert_eq!(missing(""), Section::ALL);
    }

    #[test]
    fn other_white_space_does_not_fill_the_template() {
        assert_eq!(missing(&template().replace(' ', "  ").replace('\n', "\r\n")), Section::ALL);
    }

    #[test]
    fn headings_comments_and_code_are_no_text_of_their_own() {
        let card = FILLED.replace("New customers.", "").replace("Looked at age.", "<!-- later -->");
        assert_eq!(missing(&card), [Section::Limits, Section::Ethics]);
        let card = FILLED.replace("CRM 2024.", "```\n## Owner\n```");
        assert_eq!((missing(&card), owner(&card)), (vec![], Some("ana.b".into())));
    }

    #[test]
    fn each_section_is_missed_by_itself() {
        for section in Section::ALL {
            let card = FILLED.replace(&format!("## {}", section.title()), "## Something else");
            assert_eq!(missing(&card), [section]);
        }
    }

    #[test]
    fn the_owner_is_a_user_name() {
        let owned = |text: &str| owner(&format!("## Owner\n\n{text}\n"));
        for (text, name) in
            [("ana", "ana"), ("@ana.", "ana"), ("`a-b@c.de` (team)", "a-b@c.de"), ("* ö", "ö")]
        {
            assert_eq!(owned(text).as_deref(), Some(name), "{text}");
        }
        assert_eq!(owned("?!"), None);
        assert_eq!(owner(&template()), None);
    }

    proptest! {
        #[test]
        fn any_text_can_be_a_card(card in "(#{0,7} ?(owner|data)?[^a]{0,9}\n?(<!--|-->|```)?){0,8}") {
            let owner = owner(&card);
            prop_assert!(owner.is_none() || !missing(&card).contains(&Section::Owner));
        }
    }
}
