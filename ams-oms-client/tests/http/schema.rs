//! A checker for the part of JSON Schema that the document uses. A keyword that it does not know
//! is an error, so nothing in the document goes unchecked.

use serde_json::Value;

/// What is wrong with the value, by place; empty when it fits.
pub(crate) fn problems(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(document, schema, value, "$", &mut found);
    found
}

fn check(document: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let mut fail = |text: String| found.push(format!("{at}: {text}"));
    let keywords = schema.as_object().unwrap();
    let mut deeper = Vec::new();
    for (keyword, rule) in keywords {
        match keyword.as_str() {
            "description" | "default" => {}
            "$ref" => deeper.push((resolve(document, rule), value, at.to_owned())),
            "type" => {
                let words = rule
                    .as_array()
                    .map_or_else(|| vec![rule], |list| list.iter().collect());
                if !words.iter().any(|word| is_a(value, word.as_str().unwrap())) {
                    fail(format!("is not {rule}"));
                }
            }
            "const" => {
                if value != rule {
                    fail(format!("is not {rule}"));
                }
            }
            "enum" => {
                if !rule.as_array().unwrap().contains(value) {
                    fail(format!("is none of {rule}"));
                }
            }
            "pattern" => {
                if let Some(text) = value.as_str()
                    && !matches(rule.as_str().unwrap(), text)
                {
                    fail(format!("does not match {rule}"));
                }
            }
            "minLength" | "maxLength" => {
                let length = value.as_str().map(|text| text.chars().count() as f64);
                within(keyword, rule, length, &mut fail);
            }
            "minItems" => {
                let length = value.as_array().map(|items| items.len() as f64);
                within(keyword, rule, length, &mut fail);
            }
            "minimum" | "maximum" => within(keyword, rule, value.as_f64(), &mut fail),
            "required" => {
                for name in rule.as_array().unwrap() {
                    if value
                        .as_object()
                        .is_some_and(|object| !object.contains_key(name.as_str().unwrap()))
                    {
                        fail(format!("has no {name}"));
                    }
                }
            }
            "properties" => {
                for (name, schema) in rule.as_object().unwrap() {
                    if let Some(inner) = value.get(name) {
                        deeper.push((schema, inner, format!("{at}.{name}")));
                    }
                }
            }
            "additionalProperties" => {
                assert_eq!(rule, &Value::Bool(false), "only false is known here");
                let known = keywords["properties"].as_object().unwrap();
                for name in value
                    .as_object()
                    .into_iter()
                    .flat_map(|object| object.keys())
                {
                    if !known.contains_key(name) {
                        fail(format!("has a surplus {name}"));
                    }
                }
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    deeper.push((rule, item, format!("{at}[{index}]")));
                }
            }
            "allOf" => {
                for schema in rule.as_array().unwrap() {
                    deeper.push((schema, value, at.to_owned()));
                }
            }
            "oneOf" => {
                let fitting = rule
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|schema| problems(document, schema, value).is_empty())
                    .count();
                if fitting != 1 {
                    fail(format!("fits {fitting} of the alternatives"));
                }
            }
            unknown => fail(format!("the checker does not know {unknown}")),
        }
    }
    for (schema, value, at) in deeper {
        check(document, schema, value, &at, found);
    }
}

pub(crate) fn resolve<'a>(document: &'a Value, pointer: &Value) -> &'a Value {
    let pointer = pointer.as_str().unwrap().strip_prefix('#').unwrap();
    document
        .pointer(pointer)
        .unwrap_or_else(|| panic!("nothing at {pointer}"))
}

fn is_a(value: &Value, word: &str) -> bool {
    match word {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the checker does not know the type {other}"),
    }
}

fn within(keyword: &str, rule: &Value, size: Option<f64>, fail: &mut impl FnMut(String)) {
    let bound = rule.as_f64().unwrap();
    let broken = match keyword {
        "minimum" | "minLength" | "minItems" => size.is_some_and(|size| size < bound),
        _ => size.is_some_and(|size| size > bound),
    };
    if broken {
        fail(format!("breaks {keyword} {rule}"));
    }
}

/// The patterns of the document, by hand.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern {
        "^[A-Za-z0-9._-]{1,64}$" => {
            (1..=64).contains(&text.len())
                && text
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        }
        "^[1-9][0-9]{0,19}$" => {
            (1..=20).contains(&text.len())
                && !text.starts_with('0')
                && text.bytes().all(|b| b.is_ascii_digit())
        }
        other => panic!("the checker does not know the pattern {other}"),
    }
}

/// The checker itself can say no.
#[test]
fn misfits_are_found() {
    use serde_json::json;
    let document = json!({"s": {"type": "string", "minLength": 2}});
    for (schema, value, fits) in [
        (json!({"$ref": "#/s"}), json!("ab"), true),
        (json!({"$ref": "#/s"}), json!("a"), false),
        (json!({"$ref": "#/s"}), json!(1), false),
        (json!({"type": ["string", "null"]}), json!(null), true),
        (json!({"type": ["string", "null"]}), json!(1), false),
        (
            json!({"type": "integer", "minimum": 1, "maximum": 2}),
            json!(2),
            true,
        ),
        (json!({"type": "integer", "minimum": 1}), json!(0), false),
        (json!({"maximum": 2}), json!(3), false),
        (json!({"type": "integer"}), json!(1.5), false),
        (json!({"const": "x"}), json!("y"), false),
        (json!({"enum": ["x"]}), json!("y"), false),
        (json!({"required": ["a"]}), json!({"b": 1}), false),
        (
            json!({"properties": {"a": {"type": "null"}}}),
            json!({"a": 1}),
            false,
        ),
        (
            json!({"properties": {}, "additionalProperties": false}),
            json!({"a": 1}),
            false,
        ),
        (json!({"items": {"const": 1}}), json!([1, 2]), false),
        (json!({"minItems": 1}), json!([]), false),
        (json!({"allOf": [{"const": 1}]}), json!(2), false),
        (
            json!({"oneOf": [{"const": 1}, {"type": "integer"}]}),
            json!(1),
            false,
        ),
        (
            json!({"oneOf": [{"const": 1}, {"type": "integer"}]}),
            json!(2),
            true,
        ),
        (json!({"pattern": "^[1-9][0-9]{0,19}$"}), json!("07"), false),
        (
            json!({"pattern": "^[A-Za-z0-9._-]{1,64}$"}),
            json!("a b"),
            false,
        ),
        (json!({"patternProperties": {}}), json!({}), false),
    ] {
        let found = problems(&document, &schema, &value);
        assert_eq!(found.is_empty(), fits, "{schema} {value} {found:?}");
    }
}
