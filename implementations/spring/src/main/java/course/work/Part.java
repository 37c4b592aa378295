package course.work;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * One text of a package.
 *
 * @param sourceMessage the body of the package, with its last part; null with the others
 */
record Part(String text, String sourceMessage) {

    static Part of(JsonNode json) {
        String text = Json.text(json, "text");
        return new Part(text, json.path("sourceMessage").isNull() ? null : Json.text(json, "sourceMessage"));
    }

    JsonNode toJson() {
        return Json.object().put("text", text).put("sourceMessage", sourceMessage);
    }
}
