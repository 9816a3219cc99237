//! The OpenAPI document, and whether an exchange keeps it.

use ams_oms_client::OPENAPI;
use serde_json::Value;

use crate::recorder::Exchange;
use crate::schema::{problems, resolve};

pub(crate) struct Document(pub(crate) Value);

/// An operation found by method and address.
pub(crate) struct Operation<'a> {
    pub(crate) id: &'a str,
    value: &'a Value,
    /// With those of the path.
    parameters: Vec<&'a Value>,
    path_values: Vec<(String, String)>,
}

impl Document {
    pub(crate) fn read() -> Self {
        Self(serde_json::from_str(OPENAPI).unwrap())
    }

    pub(crate) fn follow<'a>(&'a self, value: &'a Value) -> &'a Value {
        value
            .get("$ref")
            .map_or(value, |pointer| resolve(&self.0, pointer))
    }

    /// Every operation that can be called, with its path and method.
    pub(crate) fn operations(&self) -> Vec<(&str, &str, &Value)> {
        let mut all = Vec::new();
        for (path, item) in self.0["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                if method != "parameters" {
                    all.push((path.as_str(), method.as_str(), operation));
                }
            }
        }
        all
    }

    pub(crate) fn find(&self, method: &str, path: &str) -> Option<Operation<'_>> {
        self.operations()
            .into_iter()
            .filter(|(_, verb, _)| verb.eq_ignore_ascii_case(method))
            .find_map(|(template, _, value)| {
                let path_values = fill(template, path)?;
                let shared = self.0["paths"][template].get("parameters");
                let parameters = [shared, value.get("parameters")]
                    .into_iter()
                    .flatten()
                    .flat_map(|list| list.as_array().unwrap())
                    .map(|parameter| self.follow(parameter))
                    .collect();
                Some(Operation {
                    id: value["operationId"].as_str().unwrap(),
                    value,
                    parameters,
                    path_values,
                })
            })
    }

    /// What is wrong with a request. `None` when it has no operation.
    pub(crate) fn request_problems(&self, exchange: &Exchange) -> Option<Vec<String>> {
        let operation = self.find(&exchange.method, &exchange.path)?;
        let mut found = Vec::new();
        let mut given: Vec<_> = operation
            .path_values
            .iter()
            .map(|(name, value)| ("path", name.clone(), value.clone()))
            .collect();
        given.extend(
            exchange
                .query
                .iter()
                .map(|(name, value)| ("query", name.clone(), value.clone())),
        );
        for (place, name, value) in given {
            let Some(parameter) = operation
                .parameters
                .iter()
                .find(|parameter| parameter["in"] == place && parameter["name"] == *name)
            else {
                found.push(format!("there is no {place} parameter {name}"));
                continue;
            };
            let schema = &parameter["schema"];
            let value = match value.parse::<u64>() {
                Ok(number) if schema["type"] == "integer" => number.into(),
                _ => Value::from(value),
            };
            found.extend(problems(&self.0, schema, &value));
        }
        match (operation.value.get("requestBody"), &exchange.request) {
            (None, None) => {}
            (Some(body), Some(value)) => {
                let schema = &body["content"]["application/json"]["schema"];
                found.extend(problems(&self.0, schema, value));
            }
            (Some(_), None) => found.push("the request has no body".to_owned()),
            (None, Some(_)) => found.push("the request has a body".to_owned()),
        }
        Some(found)
    }

    /// What is wrong with an answer.
    pub(crate) fn answer_problems(&self, exchange: &Exchange) -> Vec<String> {
        let Exchange { status, answer, .. } = exchange;
        let Some(operation) = self.find(&exchange.method, &exchange.path) else {
            let name = match status {
                401 => "Auth",
                404 | 405 => "Rejected",
                _ => return vec![format!("{status} for what is not in the document")],
            };
            return problems(&self.0, &self.0["components"]["schemas"][name], answer);
        };
        let Some(response) = operation.value["responses"].get(status.to_string()) else {
            return vec![format!("{status} is not in the document")];
        };
        let response = self.follow(response);
        let mut found = problems(
            &self.0,
            &response["content"]["application/json"]["schema"],
            answer,
        );
        for (name, header) in response
            .get("headers")
            .into_iter()
            .flat_map(|headers| headers.as_object().unwrap())
        {
            let told = exchange
                .headers
                .iter()
                .find(|(key, _)| name.eq_ignore_ascii_case(key));
            let body = answer.get("retry_after_seconds").map(Value::to_string);
            match (name.as_str(), told.map(|(_, value)| value)) {
                ("Retry-After", told) if told == body.as_ref() => {}
                ("WWW-Authenticate", Some(told)) if told == "Bearer" => {}
                (name, told) => found.push(format!("{name} is {told:?}, by {header}")),
            }
        }
        found
    }
}

/// The parameters of the path, if it has this form.
fn fill(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let (wanted, given) = (template.split('/'), path.split('/'));
    if wanted.clone().count() != given.clone().count() {
        return None;
    }
    let mut values = Vec::new();
    for (wanted, given) in wanted.zip(given) {
        match wanted
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'))
        {
            Some(name) => values.push((name.to_owned(), given.to_owned())),
            None if wanted == given => {}
            None => return None,
        }
    }
    Some(values)
}

#[test]
fn every_example_fits_its_schema() {
    let document = Document::read();
    let mut count = 0;
    let mut check = |media: &Value| {
        let single = media.get("example");
        let many = media
            .get("examples")
            .into_iter()
            .flat_map(|examples| examples.as_object().unwrap().values())
            .map(|example| &example["value"]);
        for example in single.into_iter().chain(many) {
            let found = problems(&document.0, &media["schema"], example);
            assert!(found.is_empty(), "{example}: {found:?}");
            count += 1;
        }
    };
    let notice = &document.0["webhooks"]["notice"]["post"];
    for (_, _, operation) in document.operations().into_iter().chain([("", "", notice)]) {
        if let Some(body) = operation.get("requestBody") {
            check(&body["content"]["application/json"]);
        }
        for response in operation["responses"].as_object().unwrap().values() {
            if let Some(content) = document.follow(response).get("content") {
                check(&content["application/json"]);
            }
        }
    }
    assert!(count > 80, "{count}");
}
