namespace HeartbeatGateway.Cli.Terminals;

/// <summary>Takes the text for a user from exceptions.</summary>
internal static class Messages
{
    /// <summary>The message without the name of the .NET parameter, which has no meaning on a command line.</summary>
    public static string WithoutParameter(ArgumentException exception) => exception.Message.Split(" (Parameter", 2)[0];
}
