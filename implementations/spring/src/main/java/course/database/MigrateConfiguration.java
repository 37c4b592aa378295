package course.database;

import course.Settings;
import javax.sql.DataSource;
import org.springframework.boot.ApplicationRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

/** Makes the tables. */
@Configuration(proxyBeanMethods = false)
@Profile("migrate")
public class MigrateConfiguration {

    @Bean
    ApplicationRunner migration(DataSource dataSource, Settings settings) {
        String dialect = settings.database().url().startsWith("sqlite") ? "sqlite" : "postgresql";
        return arguments -> new ResourceDatabasePopulator(new ClassPathResource("schema-" + dialect + ".sql"))
                .execute(dataSource);
    }
}
