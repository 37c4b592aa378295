package course.work;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * A package on its way through the pipeline.
 *
 * @param index of the text to work on next
 * @param done the texts before it
 */
record Step(List<String> texts, int index, List<String> done) {

    static Step first(List<String> texts) {
        return new Step(texts, 0, List.of());
    }

    static Step of(JsonNode json) {
        List<String> texts = Json.texts(json, "texts");
        long index = Json.number(json, "index");
        List<String> done = Json.texts(json.path("result"), "texts");
        Json.require(index >= 0 && index < texts.size(), "index", "that of a text");
        Json.require(done.size() == index, "result", "what comes before the index");
        return new Step(texts, (int) index, done);
    }

    boolean last() {
        return index == texts.size() - 1;
    }

    Step next() {
        List<String> more = new ArrayList<>(done);
        more.add(texts.get(index));
        return new Step(texts, index + 1, more);
    }

    JsonNode toJson() {
        ObjectNode json = Json.object();
        json.set("texts", Json.array(texts));
        return json.put("index", index).set("result", result());
    }

    JsonNode result() {
        return Json.object().set("texts", Json.array(done));
    }
}
