import Bootstrap
import Configuration
import Foundation

/// The operator's tool.
@main
struct Main {
    static let commands =
        MigrateCommands.all + DatabaseCommands.all + BackupCommands.all + QueueCommands.all + QueueStatusCommand.all
        + QueueControlCommands.all + TopCommand.all
        + DeadCommands.all
        + ScheduleCommands.all
        + CatalogCommands.all + SearchCommands.all + UserCommands.all + DoctorCommand.all
        + FleetManifestsCommand.all + FleetCommand.all

    static func main() async {
        exit(await run(Array(CommandLine.arguments.dropFirst())).rawValue)
    }

    private static func run(_ words: [String]) async -> ExitCode {
        do {
            switch try CommandLineParser(commands: commands).parse(words) {
            case .help(let text):
                print(text)
                return .success
            case .run(let command, let invocation): return try await command.run(invocation)
            }
        } catch let error as UsageError {
            complain("wharf: \(error)")
            return .usage
        } catch let error as SettingError {
            complain("wharf: \(error)")
            return .configuration
        } catch {
            complain("wharf: \(error)")
            return .failure
        }
    }
}
