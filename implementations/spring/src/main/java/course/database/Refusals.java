package course.database;

import java.sql.SQLException;
import java.util.Set;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.TransientDataAccessResourceException;
import org.springframework.jdbc.support.SQLExceptionTranslator;

/**
 * Tells a row that the database refuses from a database that cannot serve anybody just now.
 *
 * <p>Spring's own translators know no SQLite, and take a table that is missing, as in a migration, for a mistake of ours.
 */
class Refusals implements SQLExceptionTranslator {

    // PostgreSQL: data exception, integrity constraint violation, check option, RAISE of a trigger
    private static final Set<String> REFUSING_CLASSES = Set.of("22", "23", "44", "P0");
    // SQLite: TOOBIG, CONSTRAINT (RAISE of a trigger, too), MISMATCH
    private static final Set<Integer> REFUSING_CODES = Set.of(18, 19, 20);
    private static final int PRIMARY_CODE = 0xff;

    @Override
    public DataAccessException translate(String task, String sql, SQLException e) {
        String message = task + ": " + e.getMessage();
        return refused(e)
                ? new DataIntegrityViolationException(message, e)
                : new TransientDataAccessResourceException(message, e);
    }

    private static boolean refused(SQLException e) {
        String state = e.getSQLState();
        return state == null || state.length() < 2
                ? REFUSING_CODES.contains(e.getErrorCode() & PRIMARY_CODE)
                : REFUSING_CLASSES.contains(state.substring(0, 2));
    }
}
