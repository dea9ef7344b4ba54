//! The list's state, as the address holds it.

use store::registry::{CatalogOrder, CatalogQuery};

use crate::url::Query;

/// So many models are on a page.
pub const PAGE: usize = 50;

/// The list that an address asks for; what it doesn't say, or says wrongly, is as it is without.
pub fn models_list(part: String, sort: &str, page: &str, kind: &str) -> CatalogQuery {
    let (key, direction) = sort.split_once(':').unwrap_or((sort, "asc"));
    let order = if key == "updated" { CatalogOrder::Updated } else { CatalogOrder::Name };
    let page = page.parse::<u32>().unwrap_or(1).clamp(1, 1_000_000) - 1;
    CatalogQuery {
        part,
        order,
        descends: direction == "desc",
        page: page as usize,
        page_size: PAGE,
        prompts: kind == "prompts",
    }
}

pub fn address(query: &CatalogQuery) -> String {
    let key = match query.order {
        CatalogOrder::Name => "name",
        CatalogOrder::Updated => "updated",
    };
    let is_usual = query.order == CatalogOrder::Name && !query.descends;
    let sort = if is_usual {
        String::new()
    } else {
        format!("{key}:{}", if query.descends { "desc" } else { "asc" })
    };
    let page = if query.page == 0 { String::new() } else { (query.page + 1).to_string() };
    Query::new()
        .with("q", &query.part)
        .with("kind", if query.prompts { "prompts" } else { "" })
        .with("sort", &sort)
        .with("page", &page)
        .after("/models")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_the_list_that_it_was_made_for() {
        let query = models_list("größe".into(), "updated:desc", "3", "prompts");
        assert_eq!(address(&query), "/models?q=gr%C3%B6%C3%9Fe&kind=prompts&sort=updated:desc&page=3");
        assert_eq!(address(&models_list(String::new(), "nonsense", "-1", "x")), "/models");
    }
}
