using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Server.Options;

/// <summary>Validates <see cref="LoggingOptions"/> and <see cref="MessageOptions"/>, apart from ranges. Each sentence starts with the wrong key.</summary>
internal static class LoggingOptionsValidator
{
    private static readonly string Reasons = string.Join(", ", CloseReasons.All.Select(r => r.ToWireName()));

    public static IEnumerable<string> Validate(LoggingOptions logging, MessageOptions messages)
    {
        foreach (var (name, level) in logging.Levels)
        {
            if (!CloseReasons.TryParse(name.ToLowerInvariant(), out _)) yield return $"Gateway:Logging:Levels:{name} is no close reason; the close reasons are {Reasons}.";
            if (!Enum.IsDefined(level)) yield return $"Gateway:Logging:Levels:{name} is {level}, but must be {string.Join(" or ", Enum.GetNames<LogLevel>())}.";
        }

        if (!Enum.IsDefined(messages.LogContent)) yield return $"Gateway:Messages:LogContent is {messages.LogContent}, but must be Full or Length or None.";
    }
}
