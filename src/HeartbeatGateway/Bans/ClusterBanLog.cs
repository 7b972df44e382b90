namespace HeartbeatGateway.Bans;

/// <summary>The log lines of bans in a cluster. Their ids are 337 to 340, beside those of the library that keeps them.</summary>
internal static partial class ClusterBanLog
{
    [LoggerMessage(337, LogLevel.Information, "The bans of the cluster are in force: {Count}; {Closed} connections were closed", EventName = "ClusterBansRead")]
    public static partial void ClusterBansRead(this ILogger logger, int count, int closed);

    [LoggerMessage(338, LogLevel.Error, "The bans of the cluster cannot be read or saved, so those in force stay, and no change is accepted: {Error:l}", EventName = "ClusterBansNotRead")]
    public static partial void ClusterBansNotRead(this ILogger logger, string error);

    [LoggerMessage(339, LogLevel.Information, "The bans of the cluster can be read and saved again", EventName = "ClusterBansUsable")]
    public static partial void ClusterBansUsable(this ILogger logger);

    [LoggerMessage(340, LogLevel.Error,
        "No bans of the cluster are in force: {Error:l}. Clients that they ban are admitted until the bans are read, and no change is accepted. Automatic "
        + "bans of this gateway are in force; Gateway:Bans:File is not used in a cluster", EventName = "ClusterBansNotInForce")]
    public static partial void ClusterBansNotInForce(this ILogger logger, string error);
}
