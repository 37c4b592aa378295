package course.database;

import org.springframework.dao.support.DataAccessUtils;
import org.springframework.jdbc.core.JdbcTemplate;

/** The rows of tasks. */
public class Tasks {

    private final JdbcTemplate jdbc;

    Tasks(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /** @param result null while the task is not done */
    public record Task(long id, String result) {}

    public long create() {
        return jdbc.queryForObject("INSERT INTO task (created_at) VALUES (CURRENT_TIMESTAMP) RETURNING id", Long.class);
    }

    /** Null where there is none. */
    public Task find(long id) {
        return DataAccessUtils.singleResult(jdbc.query(
                "SELECT id, result FROM task WHERE id = ?",
                (row, number) -> new Task(row.getLong("id"), row.getString("result")),
                id));
    }

    /** Completes the task unless it is complete, and says what its result is. */
    public String complete(long id, String result) {
        int changed = jdbc.update(
                "UPDATE task SET result = ?, completed_at = CURRENT_TIMESTAMP WHERE id = ? AND completed_at IS NULL",
                result,
                id);
        return changed == 1 ? result : find(id).result();
    }
}
