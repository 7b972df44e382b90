namespace HeartbeatGateway.Client;

/// <summary>The options are not valid. The message names the property and its valid values.</summary>
public sealed class GatewayClientOptionsException : Exception
{
    /// <summary>Creates an exception about one property.</summary>
    /// <param name="propertyName">The property of <see cref="GatewayClientOptions"/>.</param>
    /// <param name="message">The fault and the valid values. This text follows the property's name in the message.</param>
    /// <param name="innerException">The cause, if any.</param>
    public GatewayClientOptionsException(string propertyName, string message, Exception? innerException = null)
        : base($"{propertyName} {message}", innerException) => PropertyName = propertyName;

    /// <summary>The property of <see cref="GatewayClientOptions"/> that is not valid.</summary>
    public string PropertyName { get; }
}
