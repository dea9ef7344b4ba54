//! The list's state, as the address holds it.

#[cfg(any(feature = "ssr", test))]
use domain::ViewType;
use leptos_router::params::ParamsMap;
use serde::{Deserialize, Serialize};

use crate::url::Query;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum SortKey {
    Name,
    #[default]
    Created,
    Updated,
}

impl SortKey {
    const ALL: [Self; 3] = [Self::Name, Self::Created, Self::Updated];

    fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Created => "creation_time",
            Self::Updated => "last_update_time",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ListState {
    /// What was typed: part of a name, or a filter.
    pub search: String,
    /// The column and whether it descends; `None`: newest first.
    pub sort: Option<(SortKey, bool)>,
    pub deleted: bool,
    pub token: String,
}

impl ListState {
    pub fn from_query(query: &ParamsMap) -> Self {
        let sort = query.get("sort").and_then(|text| {
            let (key, direction) = text.rsplit_once(':')?;
            let key = SortKey::ALL.into_iter().find(|one| one.as_str() == key)?;
            Some((key, direction == "desc"))
        });
        Self {
            search: query.get("q").unwrap_or_default(),
            sort,
            deleted: query.get_str("view") == Some("deleted"),
            token: query.get("page").unwrap_or_default(),
        }
    }

    pub fn address(&self) -> String {
        let sort = self
            .sort
            .map(|(key, descending)| format!("{}:{}", key.as_str(), if descending { "desc" } else { "asc" }));
        Query::new()
            .with("q", &self.search)
            .with("sort", sort.as_deref().unwrap_or_default())
            .with("view", if self.deleted { "deleted" } else { "" })
            .with("page", &self.token)
            .after("/experiments")
    }

    /// The address that sorts by `key`: the other way round if the list does already.
    pub fn sorted_by(&self, key: SortKey) -> String {
        let first = key != SortKey::Name;
        let descending = match self.sort {
            Some((current, descending)) if current == key => !descending,
            _ => first,
        };
        Self { sort: Some((key, descending)), token: String::new(), ..self.clone() }.address()
    }

    pub fn direction(&self, key: SortKey) -> Option<bool> {
        self.sort.filter(|(current, _)| *current == key).map(|(_, descending)| descending)
    }

    #[cfg(any(feature = "ssr", test))]
    pub fn view(&self) -> ViewType {
        if self.deleted { ViewType::DeletedOnly } else { ViewType::ActiveOnly }
    }

    /// The grammar's filter: what was typed if it compares something, else a search in names.
    #[cfg(any(feature = "ssr", test))]
    pub fn filter(&self) -> String {
        let text = self.search.trim();
        let upper = format!(" {} ", text.to_uppercase());
        if text.is_empty() {
            String::new()
        } else if text.contains(['=', '<', '>']) || upper.contains(" LIKE ") || upper.contains(" ILIKE ") {
            text.to_owned()
        } else {
            let quote = if text.contains('\'') { '"' } else { '\'' };
            format!("name ILIKE {quote}%{}%{quote}", text.replace(quote, ""))
        }
    }

    #[cfg(any(feature = "ssr", test))]
    pub fn order_by(&self) -> Option<String> {
        let (key, descending) = self.sort?;
        Some(format!("{} {}", key.as_str(), if descending { "DESC" } else { "ASC" }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn searching(text: &str) -> ListState {
        ListState { search: text.into(), ..ListState::default() }
    }

    #[test]
    fn words_search_names_and_comparisons_are_filters() {
        assert_eq!(searching("churn").filter(), "name ILIKE '%churn%'");
        assert_eq!(searching("ana's").filter(), "name ILIKE \"%ana's%\"");
        assert_eq!(searching("tags.team = 'risk'").filter(), "tags.team = 'risk'");
        assert_eq!(searching("name like 'a%'").filter(), "name like 'a%'");
        assert_eq!(searching("  ").filter(), "");
    }

    #[test]
    fn the_address_gives_the_state_back() {
        let state = ListState {
            search: "a = 'b&c'".into(),
            sort: Some((SortKey::Updated, true)),
            deleted: true,
            token: "dG9rZW4".into(),
        };
        let address = state.address();
        assert_eq!(
            address,
            "/experiments?q=a%20%3D%20%27b%26c%27&sort=last_update_time:desc&view=deleted&page=dG9rZW4"
        );
        let mut query = ParamsMap::new();
        for (key, value) in
            [("q", "a = 'b&c'"), ("sort", "last_update_time:desc"), ("view", "deleted"), ("page", "dG9rZW4")]
        {
            query.insert(key, value.to_owned());
        }
        assert_eq!(ListState::from_query(&query), state);
    }

    #[test]
    fn sorting_twice_turns_round_and_starts_at_the_first_page() {
        let state =
            ListState { sort: Some((SortKey::Name, false)), token: "x".into(), ..ListState::default() };
        assert_eq!(state.sorted_by(SortKey::Name), "/experiments?sort=name:desc");
        assert_eq!(state.direction(SortKey::Name), Some(false));
        assert_eq!(state.direction(SortKey::Created), None);
    }
}
