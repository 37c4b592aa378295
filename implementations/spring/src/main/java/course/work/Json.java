package course.work;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import course.broker.Delivery;
import course.broker.UnprocessableException;
import java.util.ArrayList;
import java.util.List;

/** JSON as PHP writes it, and read without any conversion of types. */
final class Json {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(JsonWriteFeature.ESCAPE_NON_ASCII, JsonWriteFeature.ESCAPE_FORWARD_SLASHES)
            .disable(JsonWriteFeature.WRITE_HEX_UPPER_CASE)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Json() {}

    static JsonNode read(Delivery delivery) {
        return read(delivery.text());
    }

    static JsonNode read(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            throw new UnprocessableException("the body is no JSON", e);
        }
    }

    static String write(JsonNode node) {
        try {
            return MAPPER.writeValueAsString(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    static ArrayNode array(List<String> texts) {
        ArrayNode array = MAPPER.createArrayNode();
        texts.forEach(array::add);
        return array;
    }

    static String text(JsonNode parent, String name) {
        JsonNode node = parent.path(name);
        require(node.isTextual(), name, "a string");
        return node.textValue();
    }

    static List<String> texts(JsonNode parent, String name) {
        JsonNode node = parent.path(name);
        require(node.isArray(), name, "a list");
        List<String> texts = new ArrayList<>(node.size());
        for (JsonNode text : node) {
            require(text.isTextual(), name, "a list of strings");
            texts.add(text.textValue());
        }
        return texts;
    }

    static long number(JsonNode parent, String name) {
        JsonNode node = parent.path(name);
        require(node.isIntegralNumber() && node.canConvertToLong(), name, "an integer");
        return node.longValue();
    }

    static void require(boolean met, String name, String expected) {
        if (!met) {
            throw new UnprocessableException("\"" + name + "\" is not " + expected);
        }
    }
}
