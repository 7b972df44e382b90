namespace HeartbeatGateway.Configuration;

/// <summary>The options in force: those of the start, and after each accepted reload the new ones. Thread-safe.</summary>
/// <param name="start">The options of the start.</param>
internal sealed class OptionsInForce(ServiceOptions start)
{
    private volatile ServiceOptions _value = start;

    public ServiceOptions Value
    {
        get => _value;
        set
        {
            _value = value;
            Changed?.Invoke(value);
        }
    }

    /// <summary>Called after a reload has put new options in force, before the next reload is read.</summary>
    public Action<ServiceOptions>? Changed { get; set; }
}
