package com.example;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/** What a message asks for. */
final class Work {

    /** Another try may mend it. */
    static final class Temporary extends Exception {
        Temporary(Throwable cause) {
            super(cause.getMessage(), cause);
        }
    }

    /** It will never be done. */
    static final class Refused extends Exception {
        Refused(String words) {
            super(words);
        }
    }

    private static final ObjectMapper json = new ObjectMapper();
    private final DataSource database;

    Work(DataSource database) {
        this.database = database;
    }

    /** Does it and notes that, in one transaction: it is done once, also if the message comes again. */
    void on(byte[] body) throws Temporary, Refused {
        JsonNode message = read(body);
        if (!message.path("id").isTextual() || !message.path("amount").isInt()) {
            throw new Refused("a message has an id, which is text, and an amount, which is a number");
        }
        String id = message.get("id").textValue();
        try (var connection = database.getConnection()) { // closed without a commit, it rolls back
            if (note(connection, id)) {
                enter(connection, id, message.get("amount").intValue());
            }
            connection.commit();
        } catch (SQLException e) {
            String state = String.valueOf(e.getSQLState());
            if (state.startsWith("22") || state.startsWith("23")) { // its data, or a constraint
                throw new Refused(e.getMessage());
            }
            throw new Temporary(e);
        }
    }

    private static JsonNode read(byte[] body) throws Refused {
        try {
            return json.readTree(body);
        } catch (IOException e) {
            throw new Refused(e.getMessage());
        }
    }

    private static boolean note(Connection connection, String id) throws SQLException {
        try (var insert = connection.prepareStatement("INSERT INTO handled (id) VALUES (?) ON CONFLICT DO NOTHING")) {
            insert.setString(1, id);
            return insert.executeUpdate() == 1;
        }
    }

    private static void enter(Connection connection, String id, int amount) throws SQLException {
        try (var insert = connection.prepareStatement("INSERT INTO entries (ref, amount) VALUES (?, ?)")) {
            insert.setString(1, id);
            insert.setInt(2, amount);
            insert.executeUpdate();
        }
    }
}
