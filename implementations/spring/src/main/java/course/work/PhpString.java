package course.work;

import java.nio.charset.StandardCharsets;

/** A string as PHP's serialize() writes it: {@code s:5:"a \" b";}, with the number of octets and no escapes. */
public final class PhpString {

    private static final String END = "\";";

    private PhpString() {}

    public static String serialize(String text) {
        return "s:" + length(text) + ":\"" + text + END;
    }

    /** @throws IllegalArgumentException where it is no such string */
    public static String unserialize(String serialized) {
        int quote = serialized.indexOf('"');
        if (serialized.startsWith("s:") && serialized.endsWith(END) && quote + END.length() < serialized.length()) {
            String text = serialized.substring(quote + 1, serialized.length() - END.length());
            if (serialize(text).equals(serialized)) {
                return text;
            }
        }
        throw new IllegalArgumentException("no serialized string of PHP: " + serialized);
    }

    private static int length(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
