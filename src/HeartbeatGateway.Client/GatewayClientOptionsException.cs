namespace HeartbeatGateway.Client;

/// <summary>Options that cannot be used. The message names the wrong property and what it may be.</summary>
public sealed class GatewayClientOptionsException : Exception
{
    /// <summary>Makes an exception about one property.</summary>
    /// <param name="propertyName">The property of <see cref="GatewayClientOptions"/>.</param>
    /// <param name="message">What is wrong with it and what it may be, beginning behind the property's name.</param>
    /// <param name="innerException">The cause, if any.</param>
    public GatewayClientOptionsException(string propertyName, string message, Exception? innerException = null)
        : base($"{propertyName} {message}", innerException) => PropertyName = propertyName;

    /// <summary>The property of <see cref="GatewayClientOptions"/> that is wrong.</summary>
    public string PropertyName { get; }
}
